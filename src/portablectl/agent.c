/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/layout.h"
#include "portablectl/client.h"

static void agent_exec(int notify_fd)
{
        char number[16];

        prctl(PR_SET_PDEATHSIG, SIGTERM);
        /* This descriptor is the one that pkttyagent closes when it is ready. */
        if (fcntl(notify_fd, F_SETFD, 0) < 0)
                _exit(EXIT_FAILURE);
        snprintf(number, sizeof(number), "%d", notify_fd);
        execl(layout_polkit_agent, layout_polkit_agent, "--notify-fd", number, "--fallback", NULL);
        _exit(EXIT_FAILURE);
}

void agent_open(struct client *client)
{
        int fds[2];
        pid_t pid;

        if (client->agent > 0 || !client->options->ask_password || options_is_remote(client->options) ||
            client->options->root || client->options->user)
                return;
        if (geteuid() == 0 || !isatty(STDIN_FILENO) || access(layout_polkit_agent, X_OK) < 0)
                return;
        if (pipe2(fds, O_CLOEXEC) < 0)
                return;
        fflush(stdout);
        pid = fork();
        if (pid == 0)
                agent_exec(fds[1]);
        fd_close(fds[1]);
        if (pid > 0) {
                /* The other end closes when the agent is there, or gone. */
                struct pollfd p = {.fd = fds[0]};

                while (poll(&p, 1, -1) < 0 && errno == EINTR)
                        ;
                client->agent = pid;
        }
        fd_close(fds[0]);
}

void agent_close(struct client *client)
{
        if (client->agent <= 0)
                return;
        kill(client->agent, SIGTERM);
        kill(client->agent, SIGCONT);
        while (waitpid(client->agent, NULL, 0) < 0 && errno == EINTR)
                ;
        client->agent = 0;
}
