-- By which rules (matchers, version order, risk model: a version of the product) verdicts were made. Another version's rules
-- look up and judge otherwise, so what was judged by others is judged again although the database did not change.
-- Null: by a version that did not note it, so by others.
alter table active_database add column rules text;
alter table subject add column judged_rules text;
alter table image_result add column rules text;
-- When it was last asked to be read again because other readers had read it, and for which readers.
alter table image_result add column reread_for text;
alter table image_result add column reread_at timestamptz;
-- Asked every quarter of a minute: which images were read by other readers than this version's.
create index image_result_by_readers on image_result (readers_sha256);
