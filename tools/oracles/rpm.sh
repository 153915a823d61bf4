#!/bin/sh
# Pairs in the file named, judged by rpm. A hyphen inside version or release, which no package can have, is undetermined.
PAIRS=$1 rpm --eval '%{lua:
  local signs = { [-1] = "<", [0] = "=", [1] = ">" }
  for line in io.lines(os.getenv("PAIRS")) do
    local a, b = line:match("^([^\t]*)\t(.*)$")
    local valid = select(2, a:gsub("-", "")) < 2 and select(2, b:gsub("-", "")) < 2
    print(a .. " " .. (valid and signs[rpm.vercmp(a, b)] or "?") .. " " .. b .. "\n")
  end
}' | sed '/^$/d'
