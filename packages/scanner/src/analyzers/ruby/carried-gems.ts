/**
 * Gems that Ruby installs beside its default ones, https://github.com/ruby/ruby/blob/master/gems/bundled_gems with those that past
 * versions had, and what RubyGems updates itself with. They lie among a project's gems and say nothing of any project.
 */
const CARRIED: ReadonlySet<string> = new Set(
  `abbrev base64 benchmark bigdecimal bundler csv debug did_you_mean drb fiddle getoptlong irb logger matrix minitest mutex_m
  net-ftp net-imap net-pop net-smtp net-telnet nkf observer ostruct power_assert prime pstore racc rake rbs rdoc readline reline
  repl_type_completor resolv-replace rexml rinda rss rubygems-update syslog test-unit typeprof win32ole xmlrpc`.split(
    /\s+/,
  ),
);

/** Whether the gem is there without anybody having asked for it. */
export function isCarried(name: string): boolean {
  return CARRIED.has(name);
}
