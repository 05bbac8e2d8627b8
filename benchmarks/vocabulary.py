"""The words of generated logs: what customers of a small appliance shop call about, and who answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing customers call about; texts may hold {model}, {order} and {days}."""

    scenario: str
    need_type: str
    tag: str
    subject: str
    problem: str
    request: str
    summary: str
    solution: str
    first_action: str
    second_action: str
    result: str


TOPICS = (
    Topic(
        "after_sales",
        "service_complaint",
        "投诉-安装",
        "{model}安装后不制冷",
        "{model}装好后开机一直不制冷。\n安装师傅现场判断可能是管路问题。",
        "{days}天内换一台新机",
        "客户再次来电，上次答应的回电没有等到，语气克制，但要求给出明确的时间。",
        "上门检测，确认故障即换新",
        "上门检测{model}并当场答复",
        "确认客户是否接受换新",
        "已换新机，客户试机满意",
    ),
    Topic(
        "order_progress",
        "service_complaint",
        "投诉-物流延迟",
        "订单迟迟没有发货",
        "下单已经{days}天，页面仍显示待发货。\n客户周末搬家，担心赶不上。",
        "确认发货日期，赶不上就退款",
        "客户查询订单进度，仓库缺货没有及时告知，先致歉，再答应查清后回电。",
        "从邻近仓库调货，升级为次日达",
        "与物流部核实{model}的到货时间",
        "回电告知送达日期",
        "已调货发出",
    ),
    Topic(
        "complaint",
        "service_complaint",
        "投诉-服务态度",
        "对门店接待不满意",
        "客户到店咨询{model}，等了半小时没有人接待。\n离店时与导购有口角。",
        "店长书面致歉",
        "客户情绪激动，逐条记录经过并复述确认，承诺店长亲自回复。",
        "店长致电道歉，并说明改进安排",
        "请店长核实当天的排班与监控",
        "把处理意见书面回复给客户",
        "客户接受道歉",
    ),
    Topic(
        "presales_inquiry",
        "product_inquiry",
        "咨询-选型",
        "咨询{model}是否适合小户型",
        "客厅二十平米，朝西，下午日晒强。\n想了解{model}的噪音和耗电。",
        "推荐合适的型号并给出报价",
        "客户比较了三个品牌，最在意噪音，预算有弹性，约定发送对比资料。",
        "发送型号对比表和实测噪音数据",
        "发送{model}与同类型号的对比资料",
        "询问是否需要到店体验",
        "资料已发，约周六到店",
    ),
    Topic(
        "member_benefits",
        "feature_request",
        "会员-积分",
        "会员积分没有到账",
        "上月消费后积分一直没有增加。\n小程序里看不到明细。",
        "补记积分并说明规则",
        "客户查询积分，发现门店录入时手机号少一位，已登记补录。",
        "核对小票后补记积分",
        "核对订单{order}并补记积分",
        "短信告知客户积分到账情况",
        "积分已补记",
    ),
    Topic(
        "suggestion",
        "feature_request",
        "建议-预约",
        "建议增加晚间安装时段",
        "夫妻二人白天都上班，只能请假等安装。\n希望工作日晚上七点后也能预约。",
        "开放晚间或周末预约",
        "客户提出建议，语气友好，愿意为晚间时段多付上门费。",
        "提交运营部评估晚间预约试点",
        "把建议提交运营部评估",
        "评估有结论后回复客户",
        "下季度试点，已告知",
    ),
    Topic(
        "after_sales",
        "cooperation",
        "企业-批量采购",
        "批量采购{model}的账期",
        "公司新办公室需要采购一批{model}。\n财务要求先开票后付款，账期六十天。",
        "给出企业报价和账期方案",
        "采购负责人来电，第二次询价，竞品已经给出报价，希望本周有答复。",
        "按企业客户给予四十五天账期",
        "申请企业账期并书面报价",
        "与采购负责人确认合同条款",
        "合同已寄出",
    ),
    Topic(
        "after_sales",
        "service_complaint",
        "售后-发票",
        "发票抬头开错",
        "电子发票抬头少了“有限公司”四个字。\n月底前要入账。",
        "作废重开，{days}天内发到邮箱",
        "客户催发票，订单{order}已完成，抬头由系统自动带出，需要人工更正。",
        "红冲后按正确抬头重开",
        "重开订单{order}的发票",
        "确认客户已收到发票",
        "新发票已发",
    ),
    Topic(
        "other",
        "other",
        "使用-培训",
        "新装净水器不会换滤芯",
        "老人在家，不会看说明书。\n指示灯变红已经{days}天。",
        "上门教一次，或者发视频",
        "客户子女在外地代为来电，希望有人上门演示，并留一张大字说明。",
        "预约上门演示并留下图文说明",
        "安排网点上门演示",
        "一周后回访老人是否会操作",
        "已上门演示",
    ),
    Topic(
        "satisfaction_visit",
        "product_inquiry",
        "回访-保养",
        "使用一年后的保养回访",
        "{model}使用正常，换季时有轻微异味。\n想了解清洗服务的价格。",
        "预约一次深度清洗",
        "回访时客户总体满意，提出清洗需求，并询问延保是否还能购买。",
        "预约深度清洗，赠送一次除味",
        "预约{model}深度清洗的上门时间",
        "发送延保方案与价格",
        "已完成清洗",
    ),
)

MEMBERS = (
    ("wang", "王芳"),
    ("zhao", "赵磊"),
    ("chen", "陈静"),
    ("liu", "刘洋"),
    ("sun", "孙丽"),
    ("zhou", "周强"),
    ("wu", "吴敏"),
    ("xu", "徐涛"),
)
DEPARTMENTS = ("技术部", "物流部", "财务部", "售后部")
BRANCHES = ("中山路店", "滨江店", "高新区店", "城南服务网点")
SURNAMES = (
    ("zhang", "张"),
    ("li", "李"),
    ("huang", "黄"),
    ("lin", "林"),
    ("he", "何"),
    ("guo", "郭"),
    ("ma", "马"),
    ("luo", "罗"),
    ("liang", "梁"),
    ("song", "宋"),
)
GIVEN_NAMES = (
    ("wei", "伟"),
    ("na", "娜"),
    ("xiuying", "秀英"),
    ("min", "敏"),
    ("jun", "军"),
    ("yan", "艳"),
    ("jie", "杰"),
    ("xia", "霞"),
    ("ping", "平"),
    ("guiying", "桂英"),
)
MODELS = ("KFR-35", "KFR-72", "BCD-460", "XQG-100", "JSQ-30", "CXW-268", "RO-800", "MXG-15")
CHANNELS = ("phone", "phone", "phone", "wecom", "wecom", "online_chat", "store", "email", "app", "visit")
MOODS = ("calm", "satisfied", "neutral", "neutral", "dissatisfied", "anxious", "impatient", "angry")
SATISFACTION = ("very_satisfied", "satisfied", "satisfied", "fair", "dissatisfied", "not_rated", "not_rated")
PURPOSES = ("了解使用情况并确认未决事项", "核对上次承诺的进度", "确认方案并约定下一次联系")
CUSTOMER_WORDS = (
    "上次说三天内回我，今天已经第五天了。",
    "我就想知道到底哪一天能弄好。",
    "态度挺好的，就是等得有点久。",
    "别再让我重复一遍情况了。",
)
OUR_WORDS = (
    "非常抱歉，我现在就查，并在今天下班前给您回电。",
    "我把您说的记下来了，给您复述一遍。",
    "这件事由我跟到底，您直接找我就行。",
)
MOOD_NOTES = ("语气克制，但明确表示再拖就退货", "起初着急，听到安排后缓和", "表述清楚，配合度高")
HISTORY_NOTES = ("已约周五上午", "已转交并说明背景", "客户电话未接，改发短信", "等仓库回复")
WAITING_NOTES = ("等客户提供照片", "等客户确认上门时间")
