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

# Loop devices whose file is in the host's pool or /root.
bench_loops() {
        losetup -l -n -O NAME,BACK-FILE | grep -cE ' /(var/lib/portables|root)/(par|squash|gpt|floor)' || true
}
