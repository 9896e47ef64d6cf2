-- One organisation. Times are UTC text of fixed width, days are 2006-01-02, money is minor units with its currency.

create table profile (
  id integer primary key check (id = 1),
  facts text not null,
  act_id text not null
) strict;

create table account (
  id text primary key,
  kind text not null check (kind in ('gateway', 'channel')),
  driver text not null,
  name text not null,
  settings text not null,
  secrets blob not null,
  created text not null,
  removed text,
  act_id text not null default ''
) strict;

create unique index account_name on account (kind, name) where removed is null;

create table blob (
  id text primary key,
  size integer not null check (size >= 0),
  sha blob not null check (length(sha) = 32),
  key blob not null,
  created text not null
) strict;

-- The body is sealed; it is null once erased, or when it lies in a blob.
create table delivery (
  id text primary key,
  account_id text not null references account (id),
  digest blob not null check (length(digest) = 32),
  hint text not null,
  size integer not null check (size >= 0),
  state text not null default 'accepted' check (state in ('accepted', 'processed', 'quarantined')),
  reason text not null default '',
  summary text not null default '',
  received text not null,
  processed text,
  body blob,
  blob_id text,
  unique (account_id, digest)
) strict;

create index delivery_quarantined on delivery (id) where state = 'quarantined';
create index delivery_erasable on delivery (processed) where processed is not null and (body is not null or blob_id is not null);

create table payment (
  id text primary key,
  account_id text not null references account (id),
  ref text not null,
  state text not null check (state in ('created', 'failed', 'authorized', 'captured', 'charged_back')),
  rank integer not null,
  amount integer not null,
  currency text not null,
  fee integer not null,
  tax integer not null,
  method text not null,
  reference text not null,
  international integer not null check (international in (0, 1)),
  created text not null,
  seen text not null,
  delivery_id text not null references delivery (id),
  unique (account_id, ref)
) strict;

create table person (
  id text primary key,
  name text not null,
  created text not null,
  erased text
) strict;

create table identity (
  kind text not null check (kind in ('email', 'phone', 'upi')),
  value text not null,
  person_id text not null references person (id),
  primary key (kind, value)
) strict, without rowid;

create index identity_person on identity (person_id);

create table donation (
  id text primary key,
  payment_id text not null unique references payment (id),
  person_id text references person (id),
  state text not null check (state in ('waiting', 'held', 'received', 'reversed')),
  reason text not null,
  amount integer not null,
  currency text not null,
  given text not null check (length(given) = 10),
  donor_name text not null,
  donor_email text not null,
  donor_phone text not null,
  donor_address text not null,
  donor_pan blob,
  purpose text not null,
  method text not null,
  recorded text not null
) strict;

create index donation_person on donation (person_id);
create index donation_open on donation (state, id) where state <> 'received';

create table series (
  name text primary key,
  last integer not null check (last >= 0)
) strict, without rowid;

create table receipt (
  id text primary key,
  donation_id text not null references donation (id),
  series text not null,
  serial integer not null check (serial > 0),
  number text not null unique,
  state text not null default 'issued' check (state in ('issued', 'void', 'replaced')),
  amount integer not null,
  currency text not null,
  day text not null check (length(day) = 10),
  law text not null,
  tax integer not null check (tax in (0, 1)),
  issued text not null,
  document_id text references blob (id),
  facts blob not null
) strict;

create unique index receipt_donation on receipt (donation_id) where state = 'issued';

create index receipt_document on receipt (document_id) where document_id is not null;

create table message (
  id text primary key,
  account_id text references account (id),
  receipt_id text references receipt (id),
  person_id text references person (id),
  recipient text not null,
  state text not null check (state in ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'uncertain')),
  reason text not null,
  ref text not null default '',
  attempts integer not null default 0,
  created text not null,
  sent text
) strict;

create index message_receipt on message (receipt_id);
create index message_person on message (person_id);
create index message_open on message (state, id) where state in ('queued', 'sending', 'failed', 'uncertain');

create table act (
  id text primary key,
  kind text not null,
  title text not null,
  actor text not null,
  at text not null,
  undoes text references act (id),
  undone text,
  before text not null
) strict;

create table audit (
  seq integer primary key,
  at text not null,
  actor text not null,
  action text not null,
  subject text not null,
  before text not null,
  after text not null,
  salt blob,
  hash blob not null check (length(hash) = 32)
) strict;

create index audit_salted on audit (subject) where salt is not null;

create table audit_head (
  id integer primary key check (id = 1),
  entries integer not null,
  hash blob not null check (length(hash) = 32),
  seal blob not null
) strict;

-- Sums kept with what they sum: see rollup.go.
create table rollup (
  kind text not null,
  key text not null,
  currency text not null,
  count integer not null,
  minor integer not null,
  primary key (kind, key, currency)
) strict, without rowid;

create table probe (
  id integer primary key check (id = 1),
  at text not null
) strict;

-- The columns of goqite first, under its names, since its SendTx writes here; then ours. Its clock and its trigger are
-- left out: the database's clock is never read, and timeout is only what goqite put there. A job is due when not_before
-- says so, or, as long as that is null, since it was sent, which its body begins with.
create table goqite (
  id text primary key default ('m_' || lower(hex(randomblob(16)))),
  created text not null default '',
  updated text not null default '',
  queue text not null,
  body blob not null,
  timeout text not null default '',
  received integer not null default 0,
  priority integer not null default 0,
  state text not null default 'ready' check (state in ('ready', 'parked')),
  attempts integer not null default 0,
  crashes integer not null default 0,
  leased integer not null default 0 check (leased in (0, 1)),
  last_error text not null default '',
  not_before text,
  due text not null generated always as (coalesce(not_before, cast(substr(body, 1, 24) as text))) virtual
) strict;

-- The case tells jobs that somebody holds, or held when the program died: see suspect in job.go.
create index goqite_due on goqite (queue, case when crashes + leased > 0 then 1 else 0 end, due) where state = 'ready';
