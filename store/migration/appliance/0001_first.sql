-- The appliance's own database: who may do what in which organisation.

create table org (
  id text primary key,
  slug text not null unique,
  name text not null,
  zone text not null,
  created text not null
) strict;

create table app_user (
  id text primary key,
  name text not null unique,
  os_user text unique,
  disabled integer not null default 0 check (disabled in (0, 1)),
  password text not null default '',
  created text not null
) strict;

-- An organisation stands here by its slug, since roles may be given before it is made.
create table member (
  user_id text not null references app_user (id),
  org text not null,
  role text not null check (role in ('admin', 'finance', 'agent', 'caseworker', 'reviewer', 'auditor', 'volunteer')),
  primary key (user_id, org)
) strict, without rowid;

create table token (
  id text primary key,
  user_id text not null references app_user (id),
  label text not null,
  digest blob not null unique check (length(digest) = 32),
  created text not null,
  expires text,
  revoked text
) strict;

create index token_user on token (user_id);

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
