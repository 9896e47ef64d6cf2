-- The threads of one account, when they are few among many. It does not move with the messages.

create index conversation_account on conversation (account_id);
