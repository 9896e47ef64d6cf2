package apiserver

import (
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// checkProfile finds every fault of a profile at once. It fails with Invalid.
func checkProfile(p ngo.Profile) error {
	var faults []string
	check := func(ok bool, fault string) {
		if !ok {
			faults = append(faults, fault)
		}
	}
	check(p.LegalName == "" || printable(p.LegalName), "legal_name has signs in it that cannot be printed")
	check(printable(strings.ReplaceAll(p.Address, "\n", " ")), "address has signs in it that cannot be printed")
	check(p.PAN == "" || ngo.ValidPAN(p.PAN), "pan is five letters, four digits and a letter, such as AAATS1234F")
	check(printable(p.ApprovalNumber), "approval_number has signs in it that cannot be printed")
	check(isDay(p.ApprovalFrom), "approval_from is a day such as 2026-04-01")
	check(isDay(p.ApprovalUntil), "approval_until is a day such as 2031-03-31")
	check(p.ApprovalFrom == "" || p.ApprovalUntil == "" || p.ApprovalFrom <= p.ApprovalUntil, "approval_until is before approval_from")
	check(printable(p.Signatory) && printable(p.SignatoryTitle), "signatory has signs in it that cannot be printed")
	check(slices.Contains([]string{"", "en", "ta", "hi"}, p.Language), "language is en, ta or hi")
	check(strings.Trim(p.ReceiptPrefix, prefixSigns) == "", "receipt_prefix is capitals, digits and hyphens, such as SVT")
	check(slices.Contains([]ngo.PasswordKind{ngo.PasswordNone, ngo.PasswordPAN, ngo.PasswordBorn}, p.ReceiptPassword), "receipt_password is pan, born or empty")
	if len(faults) > 0 {
		return &ngo.Error{Code: ngo.Invalid, Message: "the profile is not right: " + strings.Join(faults, "; ")}
	}
	return nil
}

const prefixSigns = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

func printable(s string) bool { return ngo.Printable(s) == s }

func isDay(d ngo.Date) bool {
	if d == "" {
		return true
	}
	_, err := ngo.ParseDate(string(d))
	return err == nil
}
