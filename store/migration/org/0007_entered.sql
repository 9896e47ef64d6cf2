-- A gift entered by hand is known by what its entry was called, also before it was worked on. What a gateway told when it was
-- asked has no hint.

create index delivery_entered on delivery (account_id, hint) where source = 'poll' and hint <> '';
