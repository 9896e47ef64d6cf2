-- How often somebody sent what the account's secret did not sign, for an admin to see.

alter table health add column refused integer not null default 0 check (refused >= 0);
alter table health add column last_refused text;
