-- By what the newest tags of a repository were chosen when it was read last, and why not by their dates.
alter table repository
  add column newest_by text check (newest_by in ('all', 'pushed', 'name')),
  add column newest_reason text;
