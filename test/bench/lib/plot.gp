# SPDX-License-Identifier: LGPL-2.1-or-later
# List time against the number of attached images. Called with the variables data and out.
set terminal svg size 720,440 background "white" font "sans,13"
set output out
set logscale xy
set grid
set key left top
set xlabel "attached images (2 units each)"
set ylabel "portablectl list, seconds"
set xrange [8:13000]
set yrange [0.002:60]
set arrow from graph 0, first 25 to graph 1, first 25 nohead dashtype 2 lc rgb "#888888"
set label "time-out of a D-Bus call" at graph 0.98, first 33 right tc rgb "#666666"
plot data index 0 using 1:2 with linespoints lw 2 pt 7 lc rgb "#1b7837" title "ours", \
     data index 1 using 1:2 with linespoints lw 2 pt 5 lc rgb "#b2182b" title "systemd-portabled"
