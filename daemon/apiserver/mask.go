package apiserver

import "github.com/ngoctl/ngoctl/store/ngo"

// masked gives a donor as staff see them: the numbers that name them to the state are for the receipt and the statement.
func masked(d ngo.Donor) ngo.Donor {
	d.PAN, d.IDNumber, d.Born = ngo.MaskPAN(d.PAN), ngo.MaskID(d.IDNumber), d.Born.Masked()
	return d
}

// maskAll masks the donors of a list in place.
func maskAll(gifts []ngo.Donation) []ngo.Donation {
	for i := range gifts {
		gifts[i].Donor = masked(gifts[i].Donor)
	}
	return gifts
}
