-- Refunds, disputes, settlements, purposes, what a gift needs besides, and how each gateway is.

alter table delivery add column source text not null default 'webhook' check (source in ('webhook', 'poll'));

create index delivery_account on delivery (account_id, received) where source = 'webhook';
create index delivery_polled on delivery (id) where source = 'poll';

alter table payment add column alias text not null default '';
alter table payment add column purchase text not null default '';
alter table payment add column problem text not null default '';
alter table payment add column captured text;
alter table payment add column returned integer not null default 0 check (returned >= 0);
alter table payment add column recovered integer not null default 0 check (recovered in (0, 1));

create unique index payment_alias on payment (account_id, alias) where alias <> '';
create index payment_open on payment (state, id) where state <> 'captured';

-- What was told of a payer as long as the payment has made no gift, sealed.
create table payer (
  payment_id text primary key references payment (id),
  told text not null,
  facts blob not null
) strict, without rowid;

create index payer_told on payer (told);

-- One row for each state in which a payment was seen besides captured; the earliest time told wins.
create table sighting (
  payment_id text not null references payment (id),
  state text not null check (state in ('created', 'failed', 'authorized', 'captured', 'charged_back')),
  at text not null,
  note text not null,
  delivery_id text not null references delivery (id),
  primary key (payment_id, state)
) strict, without rowid;

-- The payment is null until it is known: a refund may come first.
create table refund (
  id text primary key,
  account_id text not null references account (id),
  ref text not null,
  token text not null,
  payment_ref text not null,
  payment_id text references payment (id),
  state text not null check (state in ('requested', 'pending', 'failed', 'processed')),
  rank integer not null,
  amount integer not null check (amount > 0),
  currency text not null,
  reference text not null,
  reason text not null,
  problem text not null,
  actor text not null,
  created text not null,
  settled text
) strict;

create unique index refund_ref on refund (account_id, ref) where ref <> '';
create unique index refund_token on refund (account_id, token) where token <> '';
create index refund_payment on refund (payment_id) where payment_id is not null;
create index refund_orphan on refund (account_id, payment_ref) where payment_id is null;

create table dispute (
  id text primary key,
  account_id text not null references account (id),
  ref text not null,
  payment_ref text not null,
  payment_id text references payment (id),
  state text not null check (state in ('open', 'under_review', 'closed', 'won', 'lost')),
  rank integer not null,
  phase text not null,
  amount integer not null check (amount >= 0),
  deducted integer not null check (deducted >= 0),
  currency text not null,
  reason text not null,
  respond_by text,
  created text not null,
  unique (account_id, ref)
) strict;

create index dispute_payment on dispute (payment_id) where payment_id is not null;
create index dispute_orphan on dispute (account_id, payment_ref) where payment_id is null;

create table settlement (
  id text primary key,
  account_id text not null references account (id),
  ref text not null,
  state text not null check (state in ('created', 'failed', 'processed')),
  rank integer not null,
  amount integer not null,
  currency text not null,
  fees integer not null,
  tax integer not null,
  utr text not null,
  created text not null,
  unique (account_id, ref)
) strict;

-- Aliases are a JSON list, as they were written. Forms are all of its names folded, a space before and behind each.
create table purpose (
  id text primary key,
  name text not null unique,
  title text not null,
  kind text not null check (kind in ('general', 'specific', 'corpus')),
  aliases text not null,
  forms text not null,
  created text not null,
  closed text,
  act_id text not null default ''
) strict;

alter table donation add column returned integer not null default 0 check (returned >= 0);
alter table donation add column pot text not null default 'domestic' check (pot in ('domestic', 'foreign'));
alter table donation add column account_pot text not null default 'domestic' check (account_pot in ('domestic', 'foreign'));
alter table donation add column fund text not null default 'general' check (fund in ('general', 'specific', 'corpus'));
alter table donation add column purpose_id text references purpose (id);
alter table donation add column campaign text not null default '';
alter table donation add column donor_id_kind text not null default '';
alter table donation add column donor_id blob;
alter table donation add column language text not null default '';
alter table donation add column citizenship text not null default '' check (citizenship in ('', 'indian', 'foreign'));
alter table donation add column declined integer not null default 0 check (declined in (0, 1));
alter table donation add column slip_of text not null default '';
alter table donation add column recovered integer not null default 0 check (recovered in (0, 1));
alter table donation add column edited integer not null default 0 check (edited in (0, 1));
alter table donation add column asked text;
alter table donation add column reminded integer not null default 0;
alter table donation add column hold text not null default '';
alter table donation add column released text not null default '';
alter table donation add column act_id text not null default '';

-- An act on a gift begins with the gift's id.
create index act_gift on act (substr(before, 1, 30)) where kind = 'donation.set';

create index donation_marked on donation (id) where slip_of <> '' or recovered = 1;

alter table receipt add column replaces text references receipt (id);
alter table receipt add column ended text;
alter table receipt add column reason text not null default '';

alter table message add column kind text not null default 'receipt' check (kind in ('receipt', 'cancellation', 'ask', 'reminder'));
alter table message add column donation_id text references donation (id);

create index message_donation on message (donation_id) where donation_id is not null;

-- How each gateway is: what was asked of it, and what is wrong.
create table health (
  account_id text primary key references account (id),
  last_poll text,
  polled_from text,
  polled_to text,
  seen integer not null default 0,
  found integer not null default 0,
  poll_error text not null default '',
  alarm text not null default '',
  alarm_since text
) strict;
