package ngo

import "log/slog"

// Types that hold names and addresses show none of them in a log, however they get there.

// LogValue shows what is known of the donor, not what it is.
func (d Donor) LogValue() slog.Value {
	return slog.GroupValue(slog.Bool("name", d.Name != ""), slog.Bool("email", d.EMail != ""), slog.Bool("phone", d.Phone != ""),
		slog.Bool("address", d.Address != ""), slog.Bool("pan", d.PAN != ""))
}

// LogValue shows the kind of address only.
func (i Identity) LogValue() slog.Value { return slog.StringValue(string(i.Kind)) }

// LogValue shows the person's identifier only.
func (p Person) LogValue() slog.Value { return slog.StringValue(string(p.ID)) }

// LogValue shows the gift's identifier only.
func (d Donation) LogValue() slog.Value { return slog.StringValue(string(d.ID)) }

// LogValue shows the message's identifier only.
func (m Message) LogValue() slog.Value { return slog.StringValue(string(m.ID)) }
