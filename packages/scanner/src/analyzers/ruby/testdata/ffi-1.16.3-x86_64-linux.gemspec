# -*- encoding: utf-8 -*-
# stub: ffi 1.16.3 x86_64-linux lib

Gem::Specification.new do |s|
  s.name = "ffi".freeze
  s.version = "1.16.3".freeze
  s.platform = "x86_64-linux".freeze

  s.required_rubygems_version = Gem::Requirement.new("> 1.3.1".freeze) if s.respond_to? :required_rubygems_version=
  s.require_paths = ["lib".freeze]
  s.authors = ["Wayne Meissner".freeze]
  s.licenses = ["BSD-3-Clause".freeze]
  s.rubygems_version = "3.5.6".freeze

  s.installed_by_version = "3.5.6".freeze

  s.specification_version = 4

  s.add_development_dependency(%q<rake>.freeze, ["~> 13.0".freeze])
end
