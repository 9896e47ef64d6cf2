-- People who are one, what they wish to get, and what is searched.

-- Nothing of a person ever moves to another row. parent is whom somebody was joined to, root the top of what they are part of,
-- their own id where they are nobody's part.
alter table person add column parent text references person (id);
alter table person add column root text not null default '';
alter table person add column language text not null default '';

update person
set root = id;

create index person_parent on person (parent) where parent is not null;
create index person_root on person (root, id);

create table identity_next (
  kind text not null
    check (kind in ('email', 'phone', 'upi', 'whatsapp', 'whatsapp_user', 'whatsapp_parent', 'messenger', 'instagram')),
  value text not null,
  person_id text not null references person (id),
  shared integer not null default 0 check (shared in (0, 1)),
  primary key (kind, value, person_id)
) strict, without rowid;

insert into identity_next (kind, value, person_id)
select kind, value, person_id
from identity;

drop table identity;

alter table identity_next rename to identity;

create index identity_person on identity (person_id);

-- An address has one owner, or it is shared by all who have it.
create unique index identity_owner on identity (kind, value) where shared = 0;

create table joining (
  id text primary key,
  kept text not null references person (id),
  gone text not null references person (id),
  reason text not null,
  actor text not null,
  at text not null,
  parted text,
  parted_by text not null default '',
  parted_why text not null default ''
) strict;

create unique index joining_standing on joining (gone) where parted is null;
create index joining_gone on joining (gone);
create index joining_kept on joining (kept);

-- Two of whom somebody said that they are not one.
create table apart (
  one text not null references person (id),
  other text not null references person (id),
  actor text not null,
  at text not null,
  primary key (one, other),
  check (one < other)
) strict, without rowid;

create index apart_other on apart (other);

create table consent (
  id text primary key,
  person_id text not null references person (id),
  topic text not null check (topic in ('all', 'marketing', 'receipt')),
  given integer not null check (given in (0, 1)),
  kind text not null,
  value text not null,
  words text not null,
  language text not null,
  source text not null,
  actor text not null,
  at text not null
) strict;

create index consent_person on consent (person_id, at);

-- What is searched: a row for each person, thread, message, receipt, payment and gift that has words. Its number begins with its
-- kind, so that one kind can be searched alone; digest is that of its words, so that what did not change is left alone.
create table entry (
  id integer primary key,
  subject text not null unique,
  digest integer not null
) strict;

create virtual table entry_words using fts5 (words, content='', contentless_delete=1, detail='none', tokenize='ascii', prefix='2 3 4 5 6 7 8 9');

-- What was written and is not searched as it is yet, in the order in which it was written. A subject may stand there often.
create table stale (
  id integer primary key,
  subject text not null
) strict;

insert into stale (subject)
select id from person order by id;

insert into stale (subject)
select id from donation order by id;

insert into stale (subject)
select id from payment order by id;

insert into stale (subject)
select id from receipt order by id;

-- What was erased from the words is overwritten when they are written anew; removed counts who wait for that, at is since when.
create table swept (
  id integer primary key check (id = 1),
  removed integer not null check (removed >= 0),
  at text not null
) strict;
