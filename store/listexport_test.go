package store

// ListsByIndex gives what lists ask, with the index that each needs.
func ListsByIndex() map[string]string {
	return map[string]string{
		listOpenDonations:      "donation_open (state=? AND id<?)",
		listMarkedDonations:    "donation_marked (id<?)",
		listDonationsBy:        "donation_person (person_id=?)",
		selectPersonTotals:     "donation_person (person_id=?)",
		listOpenPayments:       "payment_open (state=? AND id<?)",
		listQuarantined:        "delivery_quarantined (id<?)",
		listPolled:             "delivery_polled (id<?)",
		listPersonsByAddress:   "sqlite_autoindex_person_1 (id=?)",
		listIdentities:         "identity_person (person_id=?)",
		waitingLike:            "donation_person (person_id=?)",
		countReceipts:          "receipt_of (donation_id=?)",
		selectReceiptsOf:       "receipt_of (donation_id=?)",
		selectReceiptOf:        "receipt_donation (donation_id=?)",
		messagesFor:            "receipt_of (donation_id=?)",
		messagesOf:             "message_receipt (receipt_id=?)",
		selectSameRefund:       "refund_token (account_id=? AND token=?)",
		selectRefundsOf:        "refund_payment (payment_id=?)",
		selectDisputesOf:       "dispute_payment (payment_id=?)",
		linkRefunds:            "refund_orphan (account_id=? AND payment_ref=?)",
		linkDisputes:           "dispute_orphan (account_id=? AND payment_ref=?)",
		forgetPayers:           "payer_told (told<?)",
		actsOn:                 "act_gift (<expr>=?)",
		answersOf:              "audit_salted (subject=?)",
		askedElsewhere:         "message_donation (donation_id=?)",
		unlearnIdentity:        "donation_person (person_id=?)",
		selectLastWebhook:      "delivery_account (account_id=?)",
		selectWebhookHours:     "delivery_account (account_id=? AND received>?)",
		selectKnownPayments:    "sqlite_autoindex_payment_2 (account_id=? AND ref=?)",
		selectKnownAliases:     "payment_alias (account_id=? AND alias=?)",
		selectKnownRefunds:     "refund_ref (account_id=? AND ref=?)",
		selectKnownDisputes:    "sqlite_autoindex_dispute_2 (account_id=? AND ref=?)",
		selectKnownSettlements: "sqlite_autoindex_settlement_2 (account_id=? AND ref=?)",
	}
}
