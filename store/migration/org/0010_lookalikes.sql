-- Whether twelve digits in a message are the bank's number of a payment.
create index payment_reference on payment (reference) where reference <> '';
