# Pairs on standard input, judged by R's numeric_version.
read <- function(text) tryCatch(numeric_version(text), error = function(e) NULL, warning = function(w) NULL)

input <- file("stdin", "r")
for (line in readLines(input)) {
  sides <- strsplit(line, "\t", fixed = TRUE)[[1]]
  left <- read(sides[1])
  right <- read(sides[2])
  sign <- if (is.null(left) || is.null(right)) "?" else if (left < right) "<" else if (left == right) "=" else ">"
  cat(paste(sides[1], sign, sides[2]), "\n", sep = "")
}
