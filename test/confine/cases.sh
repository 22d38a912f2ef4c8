# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
#
# One escape an image: c NAME UNIT LINE..., the lines added to NAME.service or, if UNIT
# is another kind, to NAME.UNIT beside it.

# Those that show nothing under a profile, since that opens the same to all.
SILENT='default/network-of-host'

c exec-plus service 'ExecStartPre=+/usr/bin/probe before'
c exec-bang service 'ExecStartPre=!/usr/bin/probe before'
c permissions-start-only service 'PermissionsStartOnly=yes' 'ExecStartPre=/usr/bin/probe before'
c user-root service 'User=root'
c user-number service 'User=0'
c user-static service 'User=www-data'
c group-root service 'Group=root'
c groups service 'SupplementaryGroups=disk shadow adm'
c calls-added service 'SystemCallFilter=@mount @privileged @debug bpf'
c calls-turned service 'SystemCallFilter=~fooless @clock'
c families-added service 'RestrictAddressFamilies=AF_PACKET AF_VSOCK'
c families-turned service 'RestrictAddressFamilies=~AF_IRDA'
c bind-root service 'BindPaths=/:/x'
c bind-read-only service 'BindReadOnlyPaths=/srv/dir:/x'
c bind-root-as-root service 'BindPaths=/:/x' 'User=root'
c extension-directory service 'ExtensionDirectories=/srv/ext'
c state-directory service 'StateDirectory=victim'
c output-append service 'StandardError=append:/etc/out-file'
c environment-file service 'EnvironmentFile=-/etc/canary.env'
c network-of-host service 'NetworkNamespacePath=/proc/1/ns/net'
c nice service 'Nice=-20'
c wants service '[Unit]' 'Wants=idle.service'
c requires service '[Unit]' 'Requires=idle.service'
c conflicts service '[Unit]' 'Conflicts=victim.service'
c on-failure service 'ExecStartPre=/usr/bin/probe fail' '[Unit]' 'OnFailure=idle.service'
c pid-file service 'Type=forking' 'ExecStart=' 'ExecStart=/usr/bin/probe once' 'PIDFile=/run/victim.pid'
c sockets service 'Sockets=hostsock.socket'
c socket-exec socket 'ExecStartPre=/usr/bin/touch /etc/planted'
c socket-in-etc socket 'ListenStream=/etc/planted.sock'
c socket-service socket 'Service=idle.service'
c timer-unit timer 'OnActiveSec=10ms' 'AccuracySec=1ms' 'Unit=idle.service'
c path-unit path 'PathExists=/etc/canary' 'Unit=idle.service'
c path-directory path 'PathChanged=/etc/planted.d/sub' 'MakeDirectory=yes'
