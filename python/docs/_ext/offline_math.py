"""Formulas as MathML, written when the pages are built: no script, no CDN, no fonts; every browser of today draws them."""

import html
import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)


def _mathml(node, display):
    text = node.astext().strip()
    try:
        written = convert(text, display=display)
    except Exception as error:  # its errors have no common class
        logger.warning("no MathML for %r: %s", text, error, location=node)
        return f"<code>{html.escape(text)}</code>"
    if display == "block":  # a limit's index stands below it
        written = re.sub(r"<msub>(<mo>lim</mo>)(<mrow>.*?</mrow>)</msub>", r"<munder>\1\2</munder>", written)
    return written.replace("<mo>&#x0007C;</mo>", '<mo stretchy="false" lspace="0" rspace="0">|</mo>')


def _inline(self, node):
    self.body.append(_mathml(node, "inline"))
    raise nodes.SkipNode


def _block(self, node):
    self.body.append(self.starttag(node, "div", CLASS="formula notranslate nohighlight"))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})</span>')
    self.body.append(_mathml(node, "block") + "</div>\n")
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
