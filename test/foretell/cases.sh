# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The images of this test, a case each: the smallest one that shows the point, and good twins. Sourced by
# run-tests.
#
#     c NAME ID [unit LINE] [text UNIT-FILE] [tree COMMAND] [host COMMAND] …
#
# ID is the finding that must be among those of a service that does not start, "-" where it always starts, and a
# warning or note with "~" in front; where it depends on the profile, all that may be, with "|" between. unit appends
# a line to the unit, behind its [Service]; text makes all of it; tree runs in the image's tree, host in the host's,
# before anything is attached.

# --- Directories that the unit asks for
c base            -                
c state           directory-point  unit StateDirectory=fstate
c state-have      -                unit StateDirectory=fstateh tree 'mkdir -p var/lib/fstateh var/lib/private/fstateh'
c state-plain     directory-point  unit StateDirectory=fstatep tree 'mkdir -p var/lib/fstatep'
c state-private   directory-point  unit StateDirectory=fstateq tree 'mkdir -p var/lib/private/fstateq'
c state-privdir   directory-point  unit StateDirectory=fstater tree 'mkdir -p var/lib/private'
c state-novar     directory-point  unit StateDirectory=fstatev tree 'rm -r var/lib'
c state-sub       directory-point  unit StateDirectory=fstates/sub
c state-two       directory-point  unit 'StateDirectory=fstatet1 fstatet2' tree 'mkdir -p var/lib/fstatet1 var/lib/private/fstatet1'
c state-reset     -                unit StateDirectory=fstatez unit StateDirectory=
c state-nodynamic directory-point  unit StateDirectory=fstatend unit DynamicUser=no
c state-link      directory-point  unit StateDirectory=fstatel:fstatelink tree 'mkdir -p var/lib/fstatel var/lib/private/fstatel'
c cache           directory-point  unit CacheDirectory=fcache
c cache-have      -                unit CacheDirectory=fcacheh tree 'mkdir -p var/cache/fcacheh var/cache/private/fcacheh'
c logs            directory-point  unit LogsDirectory=flogs
c logs-have       -                unit LogsDirectory=flogsh tree 'mkdir -p var/log/flogsh var/log/private/flogsh'
c config          directory-point  unit ConfigurationDirectory=fconfig
c config-have     -                unit ConfigurationDirectory=fconfigh tree 'mkdir -p etc/fconfigh'
c config-hides    ~hidden-directory unit ConfigurationDirectory=fconfighid tree 'mkdir -p etc/fconfighid; echo x >etc/fconfighid/app.conf'
c runtime         -                unit RuntimeDirectory=fruntime
c runtime-norun   mount-point      unit RuntimeDirectory=fruntimen tree 'rmdir run'
c bind            bind-point       unit BindPaths=/srv/foretell:/fbind host 'mkdir -p srv/foretell'
c bind-have       -                unit BindPaths=/srv/foretell:/fbind tree 'mkdir fbind' host 'mkdir -p srv/foretell'
c bind-nosource   bind-source      unit BindPaths=/srv/none:/fbind tree 'mkdir fbind'
c bind-minus      -                unit BindPaths=-/srv/none:/fbind
c bind-minus-point bind-point      unit BindPaths=-/srv/foretell:/fbind host 'mkdir -p srv/foretell'
c bindro          bind-point       unit BindReadOnlyPaths=/srv/foretell:/fbind host 'mkdir -p srv/foretell'
c bindro-have     -                unit BindReadOnlyPaths=/srv/foretell:/fbind tree 'mkdir fbind' host 'mkdir -p srv/foretell'
c bindro-file     bind-point       unit BindReadOnlyPaths=/srv/ffile:/etc/ffile host 'echo x >srv/ffile'
c bindro-file-have -               unit BindReadOnlyPaths=/srv/ffile:/etc/ffile tree 'echo >etc/ffile' host 'echo x >srv/ffile'
c bindro-file-dir bind-point       unit BindReadOnlyPaths=/srv/ffile:/etc/ffile tree 'mkdir etc/ffile' host 'echo x >srv/ffile'
c bindro-dir-file bind-point       unit BindReadOnlyPaths=/srv/foretell:/etc/ffile tree 'echo >etc/ffile' host 'mkdir -p srv/foretell'
c bindro-in-run   -                unit BindReadOnlyPaths=/srv/foretell:/run/fbind host 'mkdir -p srv/foretell'
c bindro-in-tmp   -                unit BindReadOnlyPaths=/srv/foretell:/tmp/fbind host 'mkdir -p srv/foretell'
c bindro-nosource bind-source      unit BindReadOnlyPaths=/srv/none
c bind-reset      -                unit BindPaths=/srv/none:/none unit BindPaths=
c rw              path-missing     unit ReadWritePaths=/data
c rw-minus        -                unit ReadWritePaths=-/data
c rw-have         -                unit ReadWritePaths=/data tree 'mkdir data'
c rw-plus         -                unit ReadWritePaths=+/data tree 'mkdir data'
c rw-plus-missing path-missing     unit ReadWritePaths=+/data
c ro-plus-missing path-missing     unit ReadOnlyPaths=+/data
c rw-old          path-missing     unit ReadWriteDirectories=/data
c rw-run          path-missing     unit ReadWritePaths=/run/fnone
c rw-reset        -                unit ReadWritePaths=/data unit ReadWritePaths=
c rw-link         path-missing     unit ReadWritePaths=/data tree 'ln -s none data'
c ro              path-missing     unit ReadOnlyPaths=/data
c ro-minus        -                unit ReadOnlyPaths=-/data
c ro-have         -                unit ReadOnlyPaths=/data tree 'mkdir data'
c ina             path-missing     unit InaccessiblePaths=/data
c ina-minus       -                unit InaccessiblePaths=-/data
c ina-have        -                unit InaccessiblePaths=/data tree 'mkdir data'
c execp           path-missing     unit ExecPaths=/data
c execp-minus     -                unit ExecPaths=-/data
c execp-have      -                unit ExecPaths=/data tree 'mkdir data'
c noexecp         path-missing     unit NoExecPaths=/data
c noexecp-minus   -                unit NoExecPaths=-/data
c tmpfs           tmpfs-point      unit TemporaryFileSystem=/scratch
c tmpfs-have      -                unit TemporaryFileSystem=/scratch tree 'mkdir scratch'
c tmpfs-opts      -                unit TemporaryFileSystem=/scratch:ro tree 'mkdir scratch'
c home-tmpfs      -                unit ProtectHome=tmpfs
c home-tmpfs-miss tmpfs-point      unit ProtectHome=tmpfs tree 'rmdir home root'
c home-tmpfs-nohome tmpfs-point    unit ProtectHome=tmpfs tree 'rmdir home'
c home-tmpfs-noroot tmpfs-point    unit ProtectHome=tmpfs tree 'rmdir root'
c home-yes-miss   -                unit ProtectHome=yes tree 'rmdir home root'
c no-tmp          mount-point      tree 'rmdir tmp'
c no-vartmp       mount-point      tree 'rmdir var/tmp'
c no-tmp-private  mount-point      unit PrivateTmp=yes tree 'rmdir tmp'
c no-tmp-unpriv   -                unit PrivateTmp=no tree 'rmdir tmp'
c no-proc         mount-point      tree 'rmdir proc'
c no-sys          mount-point      tree 'rmdir sys'
c no-dev          mount-point      tree 'rmdir dev'
c no-run          mount-point      tree 'rmdir run'
c no-api          mount-point      unit MountAPIVFS=no tree 'rmdir proc sys dev'
c no-machine-id   mount-point      tree 'rm etc/machine-id'
c no-resolv       mount-point      tree 'rm etc/resolv.conf'
c no-etc          mount-point      tree 'rm -r etc'
c resolv-run      -                tree 'ln -sf ../run/systemd/resolve/stub-resolv.conf etc/resolv.conf'
c resolv-absrun   -                tree 'ln -sf /run/systemd/resolve/stub-resolv.conf etc/resolv.conf'
c resolv-tmp      -                tree 'ln -sf ../tmp/resolv.conf etc/resolv.conf'
c resolv-vartmp   -                tree 'ln -sf ../var/tmp/resolv.conf etc/resolv.conf'
c resolv-usr      mount-point      tree 'ln -sf ../usr/lib/resolv.conf etc/resolv.conf'
c resolv-usr-have -                tree 'ln -sf ../usr/lib/resolv.conf etc/resolv.conf; : >usr/lib/resolv.conf'
c resolv-varlib   mount-point      tree 'ln -sf ../var/lib/resolv.conf etc/resolv.conf'
c resolv-self     mount-point      tree 'ln -sf resolv.conf etc/resolv.conf'
c resolv-dir      mount-point      tree 'rm etc/resolv.conf; mkdir etc/resolv.conf'
c mid-run         -                tree 'ln -sf ../run/machine-id etc/machine-id'
c mid-usr         mount-point      tree 'ln -sf ../usr/lib/none etc/machine-id'
c mid-self        mount-point      tree 'ln -sf machine-id etc/machine-id'
c run-link        -                tree 'rmdir run; mkdir xrun; ln -s xrun run'
c run-link-lost   mount-point      tree 'rmdir run; ln -s xrun run'
c lognamespace    -                unit LogNamespace=fns
c rootclosed      root-closed      tree 'chmod 0700 .'
c rootclosed-root -                unit User=root tree 'chmod 0700 .'

# --- Looked up on the host
c envfile         environment-file unit EnvironmentFile=/etc/default/fnone
c envfile-minus   -                unit EnvironmentFile=-/etc/default/fnone
c envfile-image   environment-file unit EnvironmentFile=/etc/default/fimage tree 'mkdir etc/default; echo A=b >etc/default/fimage'
c envfile-host    -                unit EnvironmentFile=/etc/default/fhost host 'mkdir -p etc/default; echo A=b >etc/default/fhost'
c envfile-reset   -                unit EnvironmentFile=/etc/default/fnone unit EnvironmentFile=
c envfile-glob    -                unit 'EnvironmentFile=/etc/default/fhos*' host 'mkdir -p etc/default; echo A=b >etc/default/fhost'
c envfile-glob-no environment-file unit 'EnvironmentFile=/etc/default/fnon*'
c cred            credential       unit LoadCredential=tok:/etc/fcred
c cred-have       -                unit LoadCredential=tok:/etc/fcredh host 'echo x >etc/fcredh'
c cred-image      credential       unit LoadCredential=tok:/etc/fcredi tree 'echo x >etc/fcredi'
c cred-relative   -                unit LoadCredential=tok
c cred-set        -                unit SetCredential=tok:x unit LoadCredential=tok:/etc/fcred
c user            user             unit User=fnobody1 unit DynamicUser=no
c user-dynamic    -                unit User=fnobody2
c user-image      user             unit User=fimageuser unit DynamicUser=no tree 'echo fimageuser:x:777:777::/:/ >etc/passwd'
c user-host       -                unit User=fhostuser unit DynamicUser=no host 'grep -q fhostuser etc/passwd || { echo fhostuser:x:7777:7777::/:/bin/sh >>etc/passwd; echo fhostuser:x:7777: >>etc/group; }'
c user-number     user             unit User=4711 unit DynamicUser=no
c user-known      -                unit User=65534 unit DynamicUser=no
c group-number    group            unit Group=4712 unit DynamicUser=no
c group-number-dynamic group       unit Group=4713
c group-number-host -              unit Group=4 unit DynamicUser=no
c suppgroup-number group           unit SupplementaryGroups=4714
c suppgroup-number-host -          unit SupplementaryGroups=4
c user-nobody     -                unit User=nobody
c user-root       -                unit User=root
c group           group            unit Group=fnogroup1 unit DynamicUser=no
c group-dynamic   -                unit Group=fnogroup2
c group-host      -                unit Group=adm unit DynamicUser=no
c suppgroup       group            unit SupplementaryGroups=fnogroup3
c suppgroup-host  -                unit SupplementaryGroups=adm
c assert          assert           unit [Unit] unit AssertPathExists=/etc/fnone
c assert-image    assert           unit [Unit] unit AssertPathExists=/etc/fimg tree 'echo >etc/fimg'
c assert-host     -                unit [Unit] unit AssertPathExists=/etc/hostname host 'echo h >etc/hostname'
c assert-not      -                unit [Unit] unit AssertPathExists=!/etc/fnone
c cond            condition        unit [Unit] unit ConditionPathExists=/etc/fnone
c cond-not        -                unit [Unit] unit ConditionPathExists=!/etc/fnone
c cond-or         -                unit [Unit] unit 'ConditionPathExists=|/etc/fnone' unit 'ConditionPathExists=|/etc'
c cond-or-no      condition        unit [Unit] unit 'ConditionPathExists=|/etc/fnone' unit 'ConditionPathExists=|/etc/fnone2'
c cond-reset      -                unit [Unit] unit ConditionPathExists=/etc/fnone unit ConditionPathExists=
c cond-file       condition        unit [Unit] unit ConditionFileNotEmpty=/etc/fnone
c cond-dir        condition        unit [Unit] unit ConditionDirectoryNotEmpty=/srv/fnone
c cond-isdir      condition        unit [Unit] unit ConditionPathIsDirectory=/etc/passwd
c cond-glob       -                unit [Unit] unit 'ConditionPathExistsGlob=/etc/pass*'
c cond-exec       condition        unit [Unit] unit ConditionFileIsExecutable=/etc/passwd
c cond-user       -                unit [Unit] unit ConditionUser=root
c cond-arch       condition        unit [Unit] unit ConditionArchitecture=s390
c cond-host       condition        unit [Unit] unit ConditionHost=fnohost
c cond-link       condition        unit [Unit] unit ConditionPathIsSymbolicLink=/etc/passwd
c cond-rw         -                unit [Unit] unit ConditionPathIsReadWrite=/run
c cond-mount      condition        unit [Unit] unit ConditionPathIsMountPoint=/etc/passwd
c bus-noname      bus-name         unit Type=dbus
c bus             "bus-policy|bus-name" unit TimeoutStartSec=2 unit Type=dbus unit BusName=org.example.foretell

# --- Looked up in the image
c workdir         working-directory unit WorkingDirectory=/data
c workdir-minus   -                unit WorkingDirectory=-/data
c workdir-have    -                unit WorkingDirectory=/data tree 'mkdir data'
c workdir-file    working-directory unit WorkingDirectory=/etc/machine-id
c workdir-home    bad-combination  unit 'WorkingDirectory=~' unit User=root
c workdir-tmp     -                unit WorkingDirectory=/tmp
c workdir-state   -                unit StateDirectory=fwds unit WorkingDirectory=/var/lib/fwds tree 'mkdir -p var/lib/fwds var/lib/private/fwds'
c exec-missing    program          text '[Service]\nExecStart=/usr/bin/none'
c exec-minus      -                text '[Service]\nType=exec\nRemainAfterExit=yes\nExecStart=-/usr/bin/none'
c exec-minus-1shot -               text '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=-/usr/bin/none'
c exec-simple     program          text '[Service]\nType=simple\nExecStart=/usr/bin/none'
c exec-noexec     program          unit ExecStartPre=/etc/machine-id
c exec-relative   -                text '[Service]\nType=exec\nExecStart=service'
c exec-rel-miss   program          text '[Service]\nType=exec\nExecStart=fnoprogram'
c exec-shell      program          unit 'ExecStartPre=/bin/sh -c true'
c exec-plus       program          unit 'ExecStartPre=+/usr/bin/service once'
c exec-plus-run   program          unit 'ExecStartPre=+/usr/bin/service once' tree 'mkdir -p run/systemd/journal run/systemd/incoming run/dbus run/host; : >run/systemd/journal/socket; : >run/systemd/journal/stdout; : >run/dbus/system_bus_socket; : >run/host/os-release; : >dev/log'
c exec-plus-noinc program          unit 'ExecStartPre=+/usr/bin/service once' tree 'mkdir -p run/systemd/journal run/dbus run/host; : >run/systemd/journal/socket; : >run/systemd/journal/stdout; : >run/dbus/system_bus_socket; : >run/host/os-release; : >dev/log'
c exec-plus-nowatch -             unit MemoryPressureWatch=off unit 'ExecStartPre=+/usr/bin/service once' tree 'mkdir -p run/systemd/journal run/systemd/incoming run/dbus run/host; : >run/systemd/journal/socket; : >run/systemd/journal/stdout; : >run/dbus/system_bus_socket; : >run/host/os-release; : >dev/log'
c exec-plus-neither program        unit MemoryPressureWatch=off unit 'ExecStartPre=+/usr/bin/service once' tree 'mkdir -p run/systemd/journal run/dbus run/host; : >run/systemd/journal/socket; : >run/systemd/journal/stdout; : >run/dbus/system_bus_socket; : >run/host/os-release; : >dev/log'
c exec-plus-host  program          unit 'ExecStartPre=+/bin/true'
c exec-plus-miss  program          unit 'ExecStartPre=+/usr/bin/none'
c pre-missing     program          unit ExecStartPre=/usr/bin/none
c pre-minus       -                unit ExecStartPre=-/usr/bin/none
c post-missing    program          unit ExecStartPost=/usr/bin/none
c post-minus      -                unit ExecStartPost=-/usr/bin/none
c cond-missing    program          unit ExecCondition=/usr/bin/none
c reload-missing  ~program-later   unit ExecReload=/usr/bin/none
c stop-missing    ~program-later   unit ExecStop=/usr/bin/none
c stoppost-miss   ~program-later   unit ExecStopPost=/usr/bin/none
c reload-minus    -                unit ExecReload=-/usr/bin/none
c loader          interpreter      unit 'ExecStartPre=/usr/bin/dynamic' tree 'cp /bin/true usr/bin/dynamic'
c script          interpreter      unit 'ExecStartPre=/usr/bin/script' tree 'printf "#!/bin/fnone\n" >usr/bin/script; chmod 755 usr/bin/script'
c script-good     -                unit 'ExecStartPre=/usr/bin/script once' tree 'printf "#!/usr/bin/service once\n" >usr/bin/script; chmod 755 usr/bin/script'
c script-minus    -                unit 'ExecStartPre=-/usr/bin/script' tree 'printf "#!/bin/fnone\n" >usr/bin/script; chmod 755 usr/bin/script'
c foreign         program          unit 'ExecStartPre=/usr/bin/foreign' tree 'cp usr/bin/service usr/bin/foreign; printf "\363\0" | dd of=usr/bin/foreign bs=1 seek=18 conv=notrunc status=none'
c program-mode    program          unit 'ExecStartPre=/usr/bin/closed once' tree 'cp usr/bin/service usr/bin/closed; chmod 0700 usr/bin/closed'
c program-link    -                unit 'ExecStartPre=/usr/bin/link once' tree 'ln -s service usr/bin/link'
c program-abslink -                unit 'ExecStartPre=/usr/bin/link once' tree 'ln -s /usr/bin/service usr/bin/link'
c program-lost    program          unit 'ExecStartPre=/usr/bin/link once' tree 'ln -s none usr/bin/link'

# --- The text of units
c section-success -                text '[Unit]\nSuccessAction=none\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/service once'
c no-exec         no-command       text '[Service]\nType=exec'
c no-exec-action  no-command          text '[Unit]\nSuccessAction=none\nFailureAction=none\n[Service]\nType=oneshot\nRemainAfterExit=yes'
c no-exec-remain  no-command       text '[Service]\nType=oneshot\nRemainAfterExit=yes'
c only-stop-stays no-command       text '[Service]\nExecStop=/usr/bin/service once'
c only-stop       -                text '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStop=/usr/bin/service once'
c two-exec        too-many-commands unit ExecStart=/usr/bin/service
c two-exec-reset  -                unit ExecStart= unit ExecStart=/usr/bin/service
c two-exec-1shot  -                text '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/service once\nExecStart=/usr/bin/service once'
c misplaced       ~setting-misplaced unit [Unit] unit ExecStartPre=/usr/bin/none
c misplaced-user  ~setting-misplaced unit [Unit] unit User=fnone
c misplaced-after ~setting-misplaced unit After=network.target
c unknown         ~setting-unknown unit Frobnicate=yes
c x-setting       -                unit X-Frobnicate=yes
c junk            ~line            unit 'this is not a setting'
c header          syntax           text '[Service]\nExecStart=/usr/bin/service\n[Unit'
c badexec         bad-command      text '[Service]\nExecStart=/usr/bin/../x/'
c restart-oneshot bad-combination  text '[Service]\nType=oneshot\nRestart=always\nExecStart=/usr/bin/service once'
c type-unknown    -                unit Type=fnone
c requires-none   dependency       unit [Unit] unit Requires=fnone.service
c bindsto-none    dependency       unit [Unit] unit BindsTo=fnone.service
c wants-none      -                unit [Unit] unit Wants=fnone.service
c requisite       dependency       unit [Unit] unit Requisite=fnone.service
c requires-socket dependency       unit [Unit] unit Requires=fnone.socket
c requires-mount  -                unit [Unit] unit RequiresMountsFor=/srv/fnone
c sockets-none    -                unit Sockets=fnone.socket
c slice           -                unit Slice=foretell.slice
c specifier-bad   -                text '[Service]\nType=exec\nExecStart=/usr/bin/service %y'

# --- What images carry and portable services ignore
c drop-in         ~ignored         tree 'mkdir usr/lib/systemd/system/drop-in.service.d; printf "[Service]\nUser=x\n" >usr/lib/systemd/system/drop-in.service.d/10.conf'
c drop-type       ~ignored         tree 'mkdir usr/lib/systemd/system/service.d; printf "[Service]\nUser=x\n" >usr/lib/systemd/system/service.d/10.conf'
c wants-link      ~ignored         tree 'mkdir -p etc/systemd/system/multi-user.target.wants; ln -s /usr/lib/systemd/system/wants-link.service etc/systemd/system/multi-user.target.wants/'
c preset          ~ignored         tree 'mkdir -p usr/lib/systemd/system-preset; echo enable x >usr/lib/systemd/system-preset/50.preset'
c tmpfiles        ~ignored         tree 'mkdir -p usr/lib/tmpfiles.d; echo d /x >usr/lib/tmpfiles.d/app.conf'
c sysusers        ~ignored         tree 'mkdir -p usr/lib/sysusers.d; echo u x >usr/lib/sysusers.d/app.conf'
c dbus-service    ~ignored         tree 'mkdir -p usr/share/dbus-1/system-services; echo x >usr/share/dbus-1/system-services/org.x.service'
c dbus-policy     ~ignored         tree 'mkdir -p usr/share/dbus-1/system.d; echo x >usr/share/dbus-1/system.d/org.x.conf'
c polkit-actions  ~ignored         tree 'mkdir -p usr/share/polkit-1/actions; echo x >usr/share/polkit-1/actions/x.policy'
c udev-rules      ~ignored         tree 'mkdir -p usr/lib/udev/rules.d; echo x >usr/lib/udev/rules.d/x.rules'
