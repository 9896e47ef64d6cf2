-- A message may be withdrawn: it became needless before it left, which is nobody's failure.

create table message_next (
  id text primary key,
  account_id text references account (id),
  receipt_id text references receipt (id),
  person_id text references person (id),
  recipient text not null,
  state text not null check (state in ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'uncertain', 'withdrawn')),
  reason text not null,
  ref text not null default '',
  attempts integer not null default 0,
  created text not null,
  sent text,
  kind text not null default 'receipt' check (kind in ('receipt', 'cancellation', 'ask', 'reminder')),
  donation_id text references donation (id)
) strict;

insert into message_next (id, account_id, receipt_id, person_id, recipient, state, reason, ref, attempts, created, sent, kind, donation_id)
select id, account_id, receipt_id, person_id, recipient, state, reason, ref, attempts, created, sent, kind, donation_id
from message;

drop table message;

alter table message_next rename to message;

create index message_receipt on message (receipt_id);
create index message_person on message (person_id);
create index message_open on message (state, id) where state in ('queued', 'sending', 'failed', 'uncertain');
create index message_donation on message (donation_id) where donation_id is not null;
