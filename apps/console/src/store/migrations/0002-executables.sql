-- How many executables an image has and which of them no package explains: core's Executables. Null: not known, because
-- the image was read by a version, or a layer by an agent, that did not weigh them.
alter table image_result add column executables jsonb;
