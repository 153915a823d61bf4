-- Which of an image's subjects has its highest risk, for lists: they would look up the verdicts of hundreds of subjects for each
-- row. 0 where it is not known (an image without flaws, a row of before); whoever reads it looks whether it still holds.
alter table image_standing add column worst_subject bigint not null default 0;
