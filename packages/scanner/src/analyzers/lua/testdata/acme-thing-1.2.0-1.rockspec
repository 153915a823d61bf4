local package_name = "acme-thing"
local v, r = "1.2.0", "1"
rockspec_format = "3.0"
package = package_name
version = v .. "-" .. r
source = { url = "git+https://example.org/acme-thing", tag = (v ~= "dev") and v or nil }
description = {
   summary = "Thing", -- a comment, "with" [[brackets]]
   detailed = [[
      More of "it" -- not a comment
   ]],
   license = 'Apache-2.0',
}
dependencies = { "lua >= 5.1, < 5.5", 'acme-base ~> 0.1' }

build = { type = "builtin", modules = { ["acme.thing"] = "acme.lua" } }
