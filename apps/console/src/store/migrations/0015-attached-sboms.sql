-- What a build or a pipeline attached to an image is believed only where an administrator says so of the registry.
alter table connection add column attached_sboms boolean not null default false;
