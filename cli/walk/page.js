// SPDX-License-Identifier: BSD-3-Clause
'use strict';
// Without this script the page shows every hop below the table; with it, the chosen one. It reads nothing but the page.
const walks = [...document.querySelectorAll('section')].map(section => {
	const by = selector => [...section.querySelectorAll(selector)];
	const walk = { section, rows: by('.hops tbody tr'), stops: by('svg .hop'), panes: by('.pane'), dot: section.querySelector('svg .dot'), at: 0, timer: 0 };
	walk.show = at => {
		walk.at = Math.max(0, Math.min(at, walk.rows.length - 1));
		for (const list of [walk.rows, walk.stops, walk.panes])
			list.forEach((e, i) => e.classList.toggle('now', i === walk.at));
		const stop = walk.stops[walk.at];
		walk.dot.setAttribute('cx', stop.dataset.x);
		walk.dot.setAttribute('cy', stop.dataset.y);
		walk.section.dataset.at = walk.at;
	};
	walk.stop = () => { clearInterval(walk.timer); walk.timer = 0; };
	walk.play = () => {
		if (walk.timer)
			return walk.stop();
		if (walk.at === walk.rows.length - 1)
			walk.show(0);
		walk.timer = setInterval(() => { walk.show(walk.at + 1); if (walk.at === walk.rows.length - 1) walk.stop(); }, 700);
	};
	for (const list of [walk.rows, walk.stops])
		list.forEach((e, i) => {
			e.addEventListener('click', () => { current = walk; walk.stop(); walk.show(i); });
			e.addEventListener('focus', () => { current = walk; walk.stop(); walk.show(i); });
		});
	return walk;
});
let current = walks[0];
document.body.classList.add('live');
walks.forEach(walk => walk.show(walk.rows.length - 1));
const keys = {
	ArrowRight: w => w.show(w.at + 1), l: w => w.show(w.at + 1), ArrowLeft: w => w.show(w.at - 1), h: w => w.show(w.at - 1),
	Home: w => w.show(0), End: w => w.show(w.rows.length - 1), ' ': w => w.play(),
};
document.addEventListener('keydown', event => {
	const act = event.ctrlKey || event.altKey || event.metaKey ? undefined : keys[event.key];
	if (!act || !current)
		return;
	event.preventDefault();
	if (event.key !== ' ')
		current.stop();
	act(current);
});
