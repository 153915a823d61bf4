-- Most containers of a busy host are gone: one a second are two million and a half in a month. What asks what a host has, or where an
-- image runs, finds those that are there without passing by the others. Of images this is the index of before, which those that are
-- gone need as well (two images that prove to be one, an image that is removed).
create index container_by_image_and_end on container (image_id, gone_at);
drop index container_by_image;
alter index container_by_image_and_end rename to container_by_image;
create index container_present on container (host_id) where gone_at is null;

-- Whether an agent has its key still is asked wherever its word is used.
create index agent_key_by_agent on agent_key (agent_id);
