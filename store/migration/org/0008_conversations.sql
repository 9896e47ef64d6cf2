-- Conversations, and one table for all that is said: what comes in, what goes out, notes, and the mail of receipts.

-- What waits, is unread and stands last is a function of the messages, of settled (what came until then was dealt with when the
-- conversation was closed) and of seen (what came until then was looked at). newest_id is the message that lists show.
create table conversation (
  id text primary key,
  account_id text not null references account (id),
  line text not null,
  kind text not null check (kind in ('chat', 'mail', 'group')),
  person_id text references person (id),
  group_ref text not null default '',
  address_kind text not null,
  address text not null,
  name text not null,
  subject text not null default '',
  topic text not null default '',
  state text not null default 'open' check (state in ('open', 'snoozed', 'closed')),
  token text not null default '',
  doubt text not null default '',
  opened text not null,
  last_at text not null,
  newest_id text,
  last_in text,
  answered text,
  waiting text,
  settled text,
  seen text,
  unread integer not null default 0 check (unread >= 0),
  failed integer not null default 0 check (failed >= 0),
  act_id text not null default ''
) strict;

create unique index conversation_chat on conversation (account_id, line, person_id) where kind = 'chat';
create unique index conversation_group on conversation (account_id, group_ref) where kind = 'group';
create unique index conversation_token on conversation (token) where token <> '';
create index conversation_topic on conversation (person_id, topic, last_at) where kind = 'mail' and topic <> '';
create index conversation_person on conversation (person_id);
create index conversation_address on conversation (address_kind, address);

-- The lists: newest first, and longest waiting first. What narrows them stands behind what orders them, so that rows which are
-- left out are not read. Whose window shuts soonest is found among those that were lately active: an index of it would cost each
-- message that comes.
create index conversation_active on conversation (last_at, id, account_id, waiting, last_in, state) where state <> 'closed';
create index conversation_closed on conversation (last_at, id, account_id, waiting, state) where state = 'closed';
create index conversation_snoozed on conversation (last_at, id, account_id, waiting) where state = 'snoozed';
create index conversation_waiting on conversation (waiting, id, account_id, state) where waiting is not null and state <> 'closed';

create table message_next (
  id text primary key,
  account_id text references account (id),
  receipt_id text references receipt (id),
  person_id text references person (id),
  recipient text not null,
  state text not null check (state in ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'uncertain', 'withdrawn', 'received')),
  reason text not null,
  ref text not null default '',
  attempts integer not null default 0,
  created text not null,
  sent text,
  kind text not null default 'receipt'
    check (kind in ('receipt', 'cancellation', 'ask', 'reminder', 'incoming', 'text', 'template', 'auto', 'note')),
  donation_id text references donation (id),
  perhaps integer not null default 0 check (perhaps in (0, 1)),
  conversation_id text references conversation (id),
  direction text not null default 'out' check (direction in ('in', 'out', 'note')),
  at text not null,
  line text not null default '',
  what text not null default '',
  subject text not null default '',
  text text not null default '',
  more text not null default '',
  author text not null default '',
  echo integer not null default 0 check (echo in (0, 1)),
  wants integer not null default 0 check (wants in (0, 1)),
  renews integer not null default 0 check (renews in (0, 1)),
  quotes text references message_next (id),
  quoting text not null default '',
  due text,
  fault text not null default '',
  retry integer not null default 0 check (retry in (0, 1)),
  masked integer not null default 0 check (masked in (0, 1)),
  key text not null default '',
  delivery_id text references delivery (id)
) strict;

insert into message_next (id, account_id, receipt_id, person_id, recipient, state, reason, ref, attempts, created, sent, kind, donation_id, perhaps, at)
select id, account_id, receipt_id, person_id, recipient, state, reason, ref, attempts, created, sent, kind, donation_id, perhaps, created
from message;

drop table message;

alter table message_next rename to message;

create index message_receipt on message (receipt_id) where receipt_id is not null;
create index message_person on message (person_id) where person_id is not null;
create index message_open on message (state, id) where state in ('queued', 'sending', 'failed', 'uncertain');
create index message_donation on message (donation_id) where donation_id is not null;

-- The same item told again has the same ref, and only what we send has none at first.
create unique index message_heard on message (account_id, ref) where direction = 'in' or echo = 1;
create index message_ref on message (account_id, ref) where direction = 'out' and echo = 0 and ref <> '';
create unique index message_key on message (conversation_id, key) where key <> '';
create index message_thread on message (conversation_id, at, id) where conversation_id is not null;
create index message_backlog on message (conversation_id, at, id) where conversation_id is not null and state in ('queued', 'sending');
create index message_out on message (id) where direction = 'out';
create index message_account on message (account_id, state, id) where state in ('queued', 'sending', 'failed', 'uncertain');
create index message_sent on message (account_id, sent) where sent is not null;
create index message_quotes on message (quotes) where quotes is not null;

-- Other names of a message: Message-IDs, ours and as a provider rewrote them. Strangers make some of them up, so that one may
-- be of several messages. With refers, those that a mail names: what they name may come later, or never.
create table alias (
  ref text not null,
  message_id text not null references message (id),
  refers integer not null check (refers in (0, 1)),
  primary key (ref, message_id)
) strict, without rowid;

create index alias_message on alias (message_id);

-- What came about another message, perhaps before it. A thread is read with it; nothing of it is ever changed.
create table ripple (
  account_id text not null references account (id),
  ref text not null,
  about text not null,
  kind text not null check (kind in ('reaction', 'edit', 'revoke')),
  line text not null,
  person_id text references person (id),
  mine integer not null check (mine in (0, 1)),
  renews integer not null check (renews in (0, 1)),
  text text not null,
  masked integer not null default 0 check (masked in (0, 1)),
  at text not null,
  count integer not null,
  delivery_id text references delivery (id),
  primary key (account_id, ref)
) strict, without rowid;

create index ripple_about on ripple (about);
create index ripple_person on ripple (person_id) where person_id is not null;

-- What became of messages that are not known yet, or not by this name.
create table early (
  account_id text not null references account (id),
  ref text not null,
  token text not null,
  person_id text references person (id),
  state text not null check (state in ('sent', 'delivered', 'read', 'failed')),
  at text not null,
  fault text not null,
  reason text not null,
  retry integer not null check (retry in (0, 1)),
  price text not null,
  played integer not null check (played in (0, 1)),
  arrived text not null,
  delivery_id text references delivery (id),
  primary key (account_id, ref, token, state)
) strict, without rowid;

create index early_token on early (token) where token <> '';
create index early_person on early (person_id) where person_id is not null;
create index early_arrived on early (arrived);

-- What else told of a message than its own delivery: erasing a person reaches its body.
create table message_mention (
  message_id text not null references message (id),
  delivery_id text not null references delivery (id),
  primary key (message_id, delivery_id)
) strict, without rowid;

-- source and source_url are for fetching, url is to be shown.
create table attachment (
  id text primary key,
  message_id text not null references message (id),
  place integer not null check (place >= 0),
  kind text not null,
  name text not null,
  type text not null,
  size integer not null check (size >= 0),
  state text not null check (state in ('wanted', 'kept', 'refused', 'lost')),
  reason text not null default '',
  blob_id text,
  width integer not null default 0,
  height integer not null default 0,
  inline integer not null default 0 check (inline in (0, 1)),
  url text not null default '',
  source text not null default '',
  source_url text not null default '',
  sha blob,
  content_id text not null default ''
) strict;

create unique index attachment_message on attachment (message_id, place);

create table template (
  account_id text not null references account (id),
  name text not null,
  language text not null,
  ref text not null,
  standing text not null,
  category text not null,
  quality text not null,
  reason text not null,
  problem text not null,
  parts text not null,
  synced text not null,
  primary key (account_id, name, language)
) strict, without rowid;

create index template_ref on template (account_id, ref);

-- Up to where something was read at a provider, such as a mailbox.
create table mark (
  account_id text not null references account (id),
  name text not null,
  value text not null,
  primary key (account_id, name)
) strict, without rowid;
