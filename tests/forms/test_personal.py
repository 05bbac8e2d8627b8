"""Personal data found by the templates' marks."""

from commlog.forms.catalog import Catalog
from commlog.forms.personal import mask_fields

CATALOG = Catalog()


def test_customer_is_masked_at_every_depth():
    """Phones, mail, addresses, birthdays and taboos are masked inside lists too; the record itself is not changed."""
    fields = {
        "name": "王芳",
        "contacts": [{"name": "王芳", "phone": "13800000001", "email": "wang@example.com"}, "odd"],
        "addresses": [{"kind": "home", "address": "示例路1号"}],
        "birthday": {"lunar": "08-15"},
        "taboos": ["花生", 3],
        "unknown": "kept",
    }
    masked = mask_fields(CATALOG.get("customer"), fields)
    assert masked == {
        "name": "王芳",
        "contacts": [{"name": "王芳", "phone": "138****0001", "email": "w***@example.com"}, "odd"],
        "addresses": [{"kind": "home", "address": "***"}],
        "birthday": {"lunar": "***"},
        "taboos": ["***", "***"],
        "unknown": "kept",
    }
    assert fields["contacts"][0]["phone"] == "13800000001"
