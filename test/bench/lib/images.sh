# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The images of the benchmark, each with two units. Sourced by test/bench/run after test/lib/images.sh.
#
#   dir, squash, gpt       in the pool: a directory, a squashfs of 20 MB, a GPT disk with ext4 of the same tree
#   par0 ... par63         64 squashfs images of 1 MB
#   /root/floor.*          the bare file systems for the direct system calls
#   img00000 ...           directories, by fill.py, for lists

BENCH_POOL=/var/lib/portables

# bench_tree DIR NAME KIB: a tree with NAME.service and NAME.timer and so many KiB that do not compress.
bench_tree() {
        image_tree "$1" "ID=$2" 'VERSION_ID=1' "PRETTY_NAME=\"Benchmark $2\"" &&
                image_unit "$1" "$2.service" && image_unit "$1" "$2.timer" &&
                mkdir -p "$1/usr/share/$2" &&
                head -c "$(($3 * 1024))" /dev/urandom >"$1/usr/share/$2/data"
}

bench_images() {
        local pool=$HOST_ROOT$BENCH_POOL work=$BENCH_TMP/work name

        for name in dir squash gpt; do
                bench_tree "$work/$name" "$name" 20000
        done
        cp -a "$work/dir" "$pool/dir"
        image_filesystem squashfs "$work/squash" "$pool/squash.raw"
        truncate -s 24M "$work/gpt.ext4"
        mkfs.ext4 -q -F -d "$work/gpt" -E root_owner=0:0 "$work/gpt.ext4"
        disk_gpt "$pool/gpt.raw" "root-$(disk_arch):$work/gpt.ext4"
        cp "$pool/squash.raw" "$HOST_ROOT/root/floor.squashfs"
        image_filesystem erofs "$work/squash" "$HOST_ROOT/root/floor.erofs"
        cp "$pool/gpt.raw" "$HOST_ROOT/root/floor.gpt"
        rm -rf "$work"
}

bench_parallel_images() {
        local pool=$HOST_ROOT$BENCH_POOL work=$BENCH_TMP/work i

        for ((i = 0; i < 64; i++)); do
                bench_tree "$work" "par$i" 1000
                image_filesystem squashfs "$work" "$pool/par$i.raw"
                rm -rf "$work"
        done
}

# bench_system DIR: a tree with as much of this machine's programs and libraries as 480 MB are, and a unit.
bench_system() {
        bench_tree "$1" "$(basename -- "$1")" 0
        (cd /usr && find bin lib share -xdev -type f -size -20M -printf '%s %p\n' 2>/dev/null |
                awk '{ sum += $1; if (sum > 480e6) exit; print substr($0, index($0, " ") + 1) }' |
                cpio -pdm --quiet "$1/usr" 2>/dev/null) || true
}

bench_large_images() {
        local pool=$HOST_ROOT$BENCH_POOL work=$BENCH_TMP/work i

        bench_system "$work/tree"
        mkdir -p "$pool"
        cp -a "$work/tree" "$pool/tree"
        mv "$work/tree/usr/lib/systemd/system/tree.service" "$work/tree/usr/lib/systemd/system/system.service"
        # Not packed: that would take minutes.
        mksquashfs "$work/tree" "$pool/system.raw" -quiet -no-progress -all-root -noI -noD -noF -noX
        image_tree "$pool/units" 'ID=units' 'VERSION_ID=1'
        for ((i = 0; i < 1000; i++)); do
                image_unit "$pool/units" "units-$i.service"
        done
        image_tree "$pool/base" 'ID=base' 'VERSION_ID=1'
        image_unit "$pool/base" base.service
        for ((i = 0; i < 10; i++)); do
                image_extension "$HOST_ROOT/root/base_$i" "base_$i" base 'VERSION_ID=1'
                image_unit "$HOST_ROOT/root/base_$i" "base-$i.service"
        done
        rm -rf "$work"
}

# Loop devices whose file is in the host's pool or /root.
bench_loops() {
        losetup -l -n -O NAME,BACK-FILE | grep -cE ' /(var/lib/portables|root)/(par|squash|gpt|floor)' || true
}
