// @ts-check
// Runs before the first paint, so that a remembered theme and language do not flash in late.
{
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search).get("lang");
  const language = asked === "zh" || asked === "en" ? asked : localStorage.getItem("touyan.language");
  if (language === "zh" || language === "en") root.lang = language;
  const theme = localStorage.getItem("touyan.theme");
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;
}
