-- Which package of an image needs which: pairs of positions of package_occurrence, [[0, 3], [0, 7]], because a purl a relation
-- would be more text than the packages. Null: nothing stated, or the image was read by a version that did not keep it.
alter table image_result add column relations jsonb;
