# -*- encoding: utf-8 -*-

Gem::Specification.new do |s|
  s.name = %q{activesupport}
  s.version = "3.0.0"

  s.required_rubygems_version = Gem::Requirement.new(">= 0") if s.respond_to? :required_rubygems_version=
  s.authors = ["David Heinemeier Hansson"]
  s.date = %q{2010-08-29}
  s.description = %q{A toolkit of support libraries (with {braces}) extracted from the Rails framework.}
  s.email = %q{david@loudthinking.com}
  s.files = ["CHANGELOG", "README", "lib/active_support.rb"]
  s.homepage = %q{http://www.rubyonrails.org}
  s.platform = Gem::Platform::RUBY
  s.require_paths = ["lib"]
  s.rubygems_version = %q{1.3.7}
  s.summary = %q{A toolkit of support libraries and Ruby core extensions extracted from the Rails framework.}

  if s.respond_to? :specification_version then
    current_version = Gem::Specification::CURRENT_SPECIFICATION_VERSION
    s.specification_version = 3

    if Gem::Version.new(Gem::VERSION) >= Gem::Version.new('1.2.0') then
      s.add_runtime_dependency(%q<i18n>, ["~> 0.4", ">= 0.4.1"])
      s.add_development_dependency(%q<rspec>, [">= 0"])
    else
      s.add_dependency(%q<i18n>, ["~> 0.4", ">= 0.4.1"])
      s.add_dependency(%q<rspec>, [">= 0"])
    end
  else
    s.add_dependency(%q<i18n>, ["~> 0.4", ">= 0.4.1"])
    s.add_dependency(%q<rspec>, [">= 0"])
  end
end
