-- A trend ends with a row without findings: from that day on the image is not assessed.
alter table image_trend alter column total drop not null;
