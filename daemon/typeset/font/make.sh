#!/bin/sh
# Makes the fonts that typeset embeds from the ones Debian ships (apt-get install fonts-noto-core fonttools). The result is
# committed; run it again only to take newer fonts. Hinting goes (PDF viewers do not need it), Latin keeps what names in
# Latin letters, receipts and prices need, and the Indian scripts keep everything.
set -eu
cd "$(dirname "$0")"
from=/usr/share/fonts/truetype/noto
latin=U+0020-007E,U+00A0-024F,U+0259,U+02B0-02FF,U+0300-036F,U+1E00-1EFF,U+2010-2027,U+202F-205E,U+2070-209F,U+20A0-20C0,U+2116,U+2122,U+2212,U+25CC,U+FFFD

subset() { # NAME UNICODES
	pyftsubset "$from/$1.ttf" --unicodes="$2" --output-file="$1.ttf" --no-hinting --notdef-outline --recalc-bounds \
		--drop-tables+=DSIG,gasp,meta,STAT,MATH,prop --layout-features='*' --no-recalc-timestamp --name-IDs=0,1,2,5,6,13,14
}

for weight in Regular Bold; do
	pyftsubset "$from/NotoSans-$weight.ttf" --unicodes=$latin --output-file="NotoSans-$weight.ttf" --no-hinting --notdef-outline \
		--drop-tables+=DSIG,gasp,meta,STAT,MATH,prop --layout-features=ccmp,locl,kern,mark,mkmk --no-recalc-timestamp \
		--name-IDs=0,1,2,5,6,13,14
	subset "NotoSansTamil-$weight" '*'
	subset "NotoSansDevanagari-$weight" '*'
done
