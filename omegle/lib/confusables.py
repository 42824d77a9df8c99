"""Which characters look like an ASCII letter, digit or sign: data only, generated.

`ALWAYS` holds for every text, `BY_SCRIPT` only where the rule in `skeleton` says so, `TWINS` are
the letters no reader can tell from Latin ones. A line is the ASCII text, then the characters that
look like it, as hexadecimal code points. Read by `omegle.lib.skeleton`, and by nobody else.
"""

# Generated: do not edit by hand. From the copy of Unicode's confusables.txt (UTS #39) in the
# package confusable-homoglyphs 3.3.1: every single character that looks like one ASCII character,
# without what NFKD decomposes anyway, without right-to-left scripts, Han, Kana and Hangul (they do
# not pass for Latin, and stand next to it without a space in honest text). Added by the name of the
# character: Latin letters with a stroke or a hook, small capitals, letters and digits in filled
# circles and squares, regional indicators. Added by hand: the other case of a letter listed, double
# quotes, and what is used as the letter (Cyrillic ya for R, Greek Lambda for A, Kazakh ghayn for a
# small capital F).
# 1,061 characters, 630 of them found by Unicode.
#
# The Unicode data is used under this licence (SPDX: Unicode-3.0):
#
# UNICODE LICENSE V3
#
# COPYRIGHT AND PERMISSION NOTICE
#
# Copyright © 1991-2024 Unicode, Inc.
#
# NOTICE TO USER: Carefully read the following legal agreement. BY
# DOWNLOADING, INSTALLING, COPYING OR OTHERWISE USING DATA FILES, AND/OR
# SOFTWARE, YOU UNEQUIVOCALLY ACCEPT, AND AGREE TO BE BOUND BY, ALL OF THE
# TERMS AND CONDITIONS OF THIS AGREEMENT. IF YOU DO NOT AGREE, DO NOT
# DOWNLOAD, INSTALL, COPY, DISTRIBUTE OR USE THE DATA FILES OR SOFTWARE.
#
# Permission is hereby granted, free of charge, to any person obtaining a
# copy of data files and any associated documentation (the "Data Files") or
# software and any associated documentation (the "Software") to deal in the
# Data Files or Software without restriction, including without limitation
# the rights to use, copy, modify, merge, publish, distribute, and/or sell
# copies of the Data Files or Software, and to permit persons to whom the
# Data Files or Software are furnished to do so, provided that either (a)
# this copyright and permission notice appear with all copies of the Data
# Files or Software, or (b) this copyright and permission notice appear in
# associated Documentation.
#
# THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY
# KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
# MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF
# THIRD PARTY RIGHTS.
#
# IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE
# BE LIABLE FOR ANY CLAIM, OR ANY SPECIAL INDIRECT OR CONSEQUENTIAL DAMAGES,
# OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS,
# WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION,
# ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THE DATA
# FILES OR SOFTWARE.
#
# Except as contained in this notice, the name of a copyright holder shall
# not be used in advertising or otherwise to promote the sale, use or other
# dealings in these Data Files or Software without prior written
# authorization of the copyright holder.

from typing import Final

ALWAYS: Final = r"""
! 1c3
" 201c 201d 201e 201f
' 2b9 2bb 2bc 2bd 2be 2c8 2ca 2cb 2f4 2018 2019 201b 2032 2035 a78b a78c
( 2768 2772
) 2769 2773
* 204e 2217
+ 2214
, 201a
- 2d7 2010 2012 2013 2014 2015 2043 2212 2238
/ 2041 2044 2215
0 24ff 1f10d
1 24f5 2776 2780 278a
2 1bb 24f6 2777 2781 278b
3 1b7 21c 21d 25c 292 24f7 2778 2782 278c a76a a76b a7ab 1d206
4 24f8 2779 2783 278d
5 24f9 277a 2784 278e
6 24fa 277b 2785 278f
7 24fb 277c 2786 2790 1d212
8 222 223 24fc 277d 2787 2791
9 24fd 277e 2788 2792 a76e a76f
: 2d0 2f8 205a 2236 a789
< 2c2 2039 276e
= 2250 2251 2257 2259 225a 225e
> 2c3 203a 276f
\ 2216
^ 2c4 2c6
a 23a 251 1d00 1d8f 2376 237a 2c65 2c6d 1f150 1f170 1f1e6
ae c6 e6
b 180 181 182 183 184 185 243 253 299 1d6c 1d80 a796 a797 a7b4 a7b5 1f151 1f171 1f1e7
c a9 187 188 23b 23c 255 1d04 a792 a793 a794 a7c4 1df1d 1f152 1f16e 1f172 1f1e8 1f74c
d d0 f0 110 111 189 18a 18b 18c 221 256 257 1d05 1d6d 1d81 1d91 a7c7 a7c8 1f153 1f173 1f1e9
e 18e 18f 190 1dd 246 247 259 25b 1d07 1d92 1d93 212e 22ff 2c78 ab32 ab33 ab34 1f154 1f174 1f1ea
f 191 192 1d6e 1d82 a730 a77b a77c a798 a799 ab35 1d213 1f155 1f175 1f1eb
g 18d 193 1e4 1e5 260 261 262 29b 1d79 1d83 a77d a7a0 a7a1 a7ac ab36 1f156 1f176 1f1ec
h 126 127 266 29c 2c67 2c68 a795 a7aa 1f157 1f177 1f1ed
i 131 196 197 268 269 26a 1d7b 1d7c 1d96 2373 2378 a7ae 1df1a 1f158 1f178 1f1ee
j 237 248 249 25f 284 29d 1d0a a7b2 1f159 1f179 1f1ef
k 198 199 1d0b 1d84 2c69 2c6a a740 a741 a742 a743 a744 a745 a7a2 a7a3 1f15a 1f17a 1f1f0
l 141 142 19a 1c0 234 23d 26b 26c 26d 29f 1d0c 1d85 2223 23fd 2c60 2c61 2c62 a748 a749 a78e a7ad
l ab37 ab38 ab39 1d22a 1df04 1df11 1df13 1f15b 1f17b 1f1f1
m 271 1d0d 1d6f 1d86 2c6e ab3a ab51 1f15c 1f17c 1f1f2
n 14a 14b 19d 19e 220 235 272 273 274 1d70 1d87 a790 a791 a7a4 a7a5 ab3b 1018e 1f15d 1f17d 1f1f3
o d8 f8 19f 275 1d0f 1d11 1d97 2296 229d 2365 236c 2c7a a74a a74b a74c a74d ab3d ab3e ab3f 1d21a
o 1df1b 1f15e 1f17e 1f1f4 1f714
oe 152 153
p 1a4 1a5 1d18 1d71 1d7d 1d88 2117 2374 2c63 a750 a751 a752 a753 a754 a755 1f15f 1f17f 1f18a 1f1f5
q 24a 24b 2a0 a756 a757 a758 a759 a7af 1f160 1f180 1f1f6
r ae 1a6 24c 24d 27c 27d 27e 280 1d72 1d73 1d89 2c64 a75a a75b a7a6 a7a7 ab46 ab47 ab48 ab49 1d216
r 1df16 1f161 1f181 1f1f7
s 1a7 1a8 1bc 1bd 23f 282 1d74 1d8a 1e9c 1e9d 2c7e a731 a784 a785 a7a8 a7a9 a7c5 a7c9 a7ca 1df1e
s 1f162 1f182 1f1f8
t 166 167 1ab 1ac 1ad 1ae 236 23e 288 1d1b 1d75 22a4 2361 27d9 2c66 1df09 1f163 1f183 1f1f9 1f768
u 244 289 1d1c 1d7e 1d99 222a 22c3 a79e a79f a7b8 a7b9 ab4e ab52 1f164 1f184 1f1fa
v 1b2 28b 1d20 1d8c 2228 22c1 2c71 2c74 a75e a75f 10197 1d20d 1f165 1f185 1f1fb 1f708
w 19c 26f 1d21 2c72 2c73 a760 a761 1f166 1f186 1f1fc
x d7 166d 1d8d 2573 292b 292c 2a2f 2a30 a7b3 ab53 ab56 ab57 ab58 ab59 10196 1f167 1f187 1f1fd
y 194 1b3 1b4 24e 24f 263 28f 1efe 1eff ab5a 1f168 1f188 1f1fe
z 1b5 1b6 224 225 240 290 291 1d22 1d76 1d8e 2c6b 2c6c 2c7f a7c6 1f169 1f189 1f1ff
{ 2774
} 2775
~ 2053 223c
"""

BY_SCRIPT: Final = {
    "Armenian": r"""
f 554 584
g 551 581
h 540 570
n 548 54c 578 57c
o 555 585
q 533 536 563 566
s 54f 57f
u 54d 57d
w 531 561
""",
    "Canadian": r"""
2 14bf
a 15c5 15e9
b 1472 1473 15af 15f7
c 1455
d 146f 15de 15ea
e 15f4
f 15b4
g 161c
h 157c
j 148d
l 14aa 18f3
m 15f0
n 144e
o 15dd
p 146d 18d6
q 146b
r 1587 18f4
s 1515 18db 18f5
u 144c
v 142f
w 15ef
x 1541 157d
z 1614 1646
""",
    "Carian": r"""
a 102a0
b 102a1
c 102a2
f 102a5
h 102cf
m 102b0
o 102ab
t 102b1
x 102b4
y 102b2
""",
    "Cherokee": r"""
4 13ce ab9e
6 13ee abbe
a 13aa ab7a
b 13cf 13f4 13fc ab9f
c 13df abaf
d 13a0 13e7 ab70 abb7
e 13ac ab7c
g 13c0 13f3 13fb ab90
h 13bb 13c2 13f2 13fa ab8b ab92
i 13a5 ab75
j 13ab ab7b
k 13e6 abb6
l 13de abae
m 13b7 ab87
o 13a4 13be 13eb ab74 ab8e abbb
p 13e2 abb2
r 13a1 13b1 13d2 ab71 ab81 aba2
s 13d5 13da aba5 abaa
t 13a2 13bf ab72 ab8f
u 13cc ab9c
v 13d9 aba9
w 13b3 13d4 ab83 aba4
y 13a9 13bd ab79 ab8d
z 13c3 ab93
""",
    "Coptic": r"""
2 3e8 3e9
3 2ccc 2ccd
6 2cd2 2cd3
9 2cca 2ccb
c 2ca4 2ca5
h 2c8e 2c8f
k 2c94 2c95
l 2c92 2c93 2cd0 2cd1
m 2c98 2c99
n 2c9a 2c9b
o 2c9e 2c9f
p 2ca2 2ca3
r 2c84 2c85
t 2ca6 2ca7
x 2cac 2cad
y 2ca8 2ca9
""",
    "Cyrillic": r"""
2 a644 a645
3 417 437 498 499 4e0 4e1
4 427 447
6 431
a 410 414 430 434
b 411 412 42a 42c 432 44a 44c 462 463 48c 48d
c 421 441 4aa 4ab
d 500 501
e 404 415 435 454 4bc 4bd 4be 4bf
f 492 493
g 50c 50d
h 40b 41d 43d 45b 4a2 4a3 4ba 4bb 4c7 4c8 4c9 4ca a694 a695
i 406 407 456 457 4c0 4cf a646 a647
j 408 458
k 40c 41a 43a 45c 49a 49b 49e 49f
m 41c 43c 4cd 4ce
n 418 419 41f 438 439 43f
o 41e 43e 472 473 4e8 4e9
p 420 440
q 51a 51b
r 403 413 42f 433 44f 453
s 405 455
t 422 442 4ac 4ad
u 426 446
v 474 475
w 428 429 448 449 460 461 47c 47d 51c 51d
x 425 445 4b2 4b3
y 40e 423 443 45e 4ae 4af 4b0 4b1
""",
    "Deseret": r"""
c 10415 1043d
l 1041b 10443
o 10404 1042c
s 10420 10448
""",
    "Elbasan": r"""
c 1051c
f 10525
k 10518
l 10526
n 10513
o 10516
v 1051d
x 10527
""",
    "Ethiopic": r"""
o 12d0
u 1200
""",
    "Georgian": r"""
o 10ff 1cbf
y 10e7 1ca7
""",
    "Greek": r"""
a 391 394 39b 3b1
b 392 3b2
c 3a3 3c2
e 395 39e 3b5
f 3dc 3dd
h 397
i 399 3b9
j 37f 3f3
k 39a 3ba
m 39c 3fa 3fb
n 39d 3b7 3c0
o 398 39f 3b8 3bf 3c3
p 3a1 3c1
r 1d26
t 3a4 3c4
u 3bc 3c5
v 3bd
w 3c9
x 3a7 3c7
y 393 3a5 3b3
z 396 3b6
""",
    "Lisu": r"""
a a4ee
b a4d0
c a4da
d a4d2 a4d3
e a4f0
f a4dd
g a4d6
h a4e7
j a4d9
k a4d7
l a4e1 a4f2
m a4df
n a4e0
o a4f3
p a4d1
r a4e3
s a4e2
t a4d4
u a4f4
v a4e6
w a4ea
x a4eb
y a4ec
z a4dc
""",
    "Lycian": r"""
b 10282
e 10286
f 10287
l 1028a
o 10292
p 10295
s 10296
t 10297
x 10290
""",
    "Malayalam": r"""
o d20
""",
    "Miao": r"""
3 16f3b
a 16f40
l 16f16 16f28
r 16f35
s 16f3a
t 16f0a
u 16f42
v 16f08
y 16f43
""",
    "Myanmar": r"""
o 101d
""",
    "Old_Italic": r"""
8 1031a
b 10301
c 10302
l 10309
m 10311
t 10315
x 10317
""",
    "Oriya": r"""
o b20
""",
    "Osage": r"""
7 104d2 104fa
o 104c2 104ea
r 104b4 104dc
u 104ce 104f6
""",
    "Runic": r"""
k 16d5
l 16c1
m 16d6
x 16b7
""",
    "Tifinagh": r"""
e 2d39
l 2d4f
o 2d31 2d41 2d54
q 2d55
v 2d38
x 2d5d
""",
    "Warang_Citi": r"""
3 118aa 118ca
4 118af 118cf
5 118bb 118db
6 118d5
7 118c6
9 118ac 118b6 118cc 118d6
e 118a6 118ae 118ce
f 118a2 118c2
i 118a3 118c3
l 118b2 118d2
o 118a8 118b5 118b7 118c8 118d7
s 118a1 118c1
t 118bc
u 118b8 118d8
v 118a0 118c0
y 118a4 118dc
z 118a9 118c4 118c9
""",
}

TWINS: Final = {
    "Cyrillic": "430 435 43e 440 441 443 445 455 456 458 4af 4bb 4cf 501 51b 51d",
    "Greek": "3bd 3bf 3f3",
}

# Of these every letter listed is a twin.
TWIN_SCRIPTS: Final = (
    "Carian",
    "Coptic",
    "Deseret",
    "Elbasan",
    "Lisu",
    "Lycian",
    "Old_Italic",
)
