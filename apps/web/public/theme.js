// Runs before the first paint, so that a chosen theme never flashes in the other one. A file, because the content
// security policy refuses inline scripts.
try {
  const theme = localStorage.getItem('hullcheck-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is refused in some private windows: then the system's setting stands.
}
