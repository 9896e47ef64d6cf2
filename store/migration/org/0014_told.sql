-- Who told what of people, and what of it still counts.

-- The accounts that told an id of WhatsApp's, with a space behind each: an account at another portfolio tells another id of the same
-- person. It stands in the row, which every message from them reads. Until now nobody noted it: who has a thread at an account told it.
alter table identity add column told_by text not null default '';

update identity
set told_by = coalesce((
    select group_concat(a.account_id || ' ', '')
    from (select distinct c.account_id from conversation c where c.person_id = identity.person_id and c.kind = 'chat') a
  ), '')
where kind = 'whatsapp_user';

-- Of what somebody says again and again from one address only the last counts.
alter table consent add column latest integer not null default 1 check (latest in (0, 1));

update consent
set latest = 0
where exists (
  select 1
  from consent n
  where n.person_id = consent.person_id and (n.at > consent.at or n.at = consent.at and n.id > consent.id)
    and n.topic = consent.topic and n.given = consent.given and n.kind = consent.kind and n.value = consent.value
);

create index consent_latest on consent (person_id) where latest = 1;

-- What told of somebody without a message of theirs: erasing them reaches its body.
create table person_mention (
  person_id text not null references person (id),
  delivery_id text not null references delivery (id),
  primary key (person_id, delivery_id)
) strict, without rowid;
