-- What people do with receipts, and when the original left.

alter table donation add column donor_born blob;
alter table donation add column no_receipt integer not null default 0 check (no_receipt in (0, 1));
alter table donation add column reissue text not null default '';
alter table donation add column quiet integer not null default 0 check (quiet in (0, 1));

alter table receipt add column given text;
alter table receipt add column given_by text not null default '';
alter table receipt add column copies integer not null default 0 check (copies >= 0);

-- What was mailed before was given then.
update receipt
set given = (
      select min(m.sent)
      from message m
      where m.receipt_id = receipt.id and m.kind = 'receipt' and m.sent is not null and m.state <> 'failed'
    ),
    given_by = coalesce((
      select min(m.id)
      from message m
      where m.receipt_id = receipt.id and m.kind = 'receipt' and m.sent is not null and m.state <> 'failed'
    ), '');

-- Not unique: a number that is there twice is to be found and told, not to stop the daemon.
create index receipt_serial on receipt (series, serial);
create index receipt_replaces on receipt (replaces) where replaces is not null;
