-- Whether a message may have gone out at a try of which no outcome is known: what it carried is then not taken back.

alter table message add column perhaps integer not null default 0 check (perhaps in (0, 1));
