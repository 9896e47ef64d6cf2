-- What may or may not have gone out, by its thread: lists say so, and there is little of it.

create index message_uncertain on message (conversation_id) where state = 'uncertain';
