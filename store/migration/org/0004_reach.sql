-- What else told of a payment than the delivery of the payment itself and those of its sightings: erasing a donor reaches its body.
create table mention (
  payment_id text not null references payment (id),
  delivery_id text not null references delivery (id),
  primary key (payment_id, delivery_id)
) strict, without rowid;

-- Every receipt that a gift has had: the index of those that stand does not have the others.
create index receipt_of on receipt (donation_id);
