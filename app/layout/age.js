// The same steps as theme.age in Python.
function age(s) {
  s = Math.max(0, s)
  if (s < 9.95) { return `${s.toFixed(1)} s` }
  if (s < 99.5) { return `${s.toFixed(0)} s` }
  if (s < 5970) { return `${(s / 60).toFixed(0)} min` }
  if (s < 172800) { return `${(s / 3600).toFixed(0)} h` }
  return `${(s / 86400).toFixed(0)} d`
}

