-- What agents said that could not read the image, for people.
alter table assessment add column agents_told text[] not null default '{}';

-- The key of the job that stands for the item: what waits under it is one item, however often it was asked for.
alter table work_item add column key text;
create unique index work_item_waiting on work_item (key) where state = 'queued';
