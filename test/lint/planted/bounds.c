/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Must be found: cppcheck arrayIndexOutOfBounds, clang-tidy bugprone-infinite-loop */
int past_the_end(void)
{
        int numbers[4] = {1, 2, 3, 4};

        return numbers[4];
}

int never_done(int n)
{
        int i = 0, sum = 0;

        while (i < n)
                sum++;
        return sum;
}
