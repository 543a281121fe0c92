// What is drawn wider than its place begins where its door stands; else a phone shows an empty corner.
for (const place of document.querySelectorAll(".drawn")) {
  const door = place.querySelector(".door").getBoundingClientRect();
  const seen = place.getBoundingClientRect();
  place.scrollLeft += door.left - seen.left - (seen.width - door.width) / 2;
}
