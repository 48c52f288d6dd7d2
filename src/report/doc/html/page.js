// Filters the entries as words are typed. Without this script the page is whole, only not searchable.
(function () {
  "use strict";
  var form = document.getElementById("search");
  var field = document.getElementById("find");
  var status = document.getElementById("found");
  var main = document.getElementById("main");
  if (!form || !field || !status || !main) return;
  var entries = Array.prototype.map.call(main.querySelectorAll("[data-find]"), function (element) {
    return { element: element, text: plain(element.textContent) };
  });
  var groups = main.querySelectorAll("[data-group]");
  var pictures = document.getElementById("pictures");

  function plain(text) {
    return text.toLowerCase().replace(/[_\s]+/g, " ");
  }

  function filter() {
    var words = plain(field.value).trim().split(" ").filter(Boolean);
    var shown = 0;
    entries.forEach(function (entry) {
      var fits = words.every(function (word) { return entry.text.indexOf(word) >= 0; });
      entry.element.hidden = !fits;
      if (fits) shown += 1;
    });
    Array.prototype.forEach.call(groups, function (group) {
      group.hidden = words.length > 0 && !group.querySelector("[data-find]:not([hidden])");
    });
    if (pictures) pictures.hidden = words.length > 0;
    document.body.classList.toggle("finding", words.length > 0);
    status.textContent = words.length === 0 ? "" : shown === 1 ? "1 entry" : shown + " entries";
  }

  field.addEventListener("input", filter);
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var first = main.querySelector("[data-find]:not([hidden])");
    if (!first) return;
    first.setAttribute("tabindex", "-1");
    first.focus();
    first.scrollIntoView();
  });
  field.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && field.value) {
      field.value = "";
      filter();
      event.preventDefault();
    }
  });

  // A link may lead to an entry that the search has hidden.
  function reveal() {
    var id = decodeURIComponent(location.hash.slice(1));
    var target = id && document.getElementById(id);
    if (!target) return;
    if (target.closest("[hidden]")) {
      field.value = "";
      filter();
      target.scrollIntoView();
    }
  }
  window.addEventListener("hashchange", reveal);
  main.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a[href^='#']");
    if (link) setTimeout(reveal, 0);
  });

  form.hidden = false;
  filter();
})();
