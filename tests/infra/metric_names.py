"""The metrics that AWS services send, as far as the dashboards and alarms use any.

From the page on metrics in the guide of each service: "DynamoDB metrics and dimensions",
"Types of metrics for Lambda functions", "Types of metrics for CloudFront", "Logging and
monitoring Amazon EventBridge Pipes", "Monitoring Step Functions metrics", "Monitoring Amazon
SNS topics", "Available CloudWatch metrics for Amazon SQS", "Amazon ECS metrics", and "Viewing
App Runner service metrics reported to CloudWatch".
"""

_TABLE = ("TableName",)
_INDEX = ("GlobalSecondaryIndexName", "TableName")
_OPERATION = ("Operation", "TableName")
_FUNCTION = ("FunctionName",)
_EDGE = ("DistributionId", "Region")
_PIPE = ("PipeName",)
_MACHINE = ("StateMachineArn",)
_TOPIC = ("TopicName",)
_QUEUE = ("QueueName",)
_TASKS = ("ClusterName", "ServiceName")
_SERVICE = ("ServiceID", "ServiceName")

type Dimensions = tuple[str, ...]

SENT: dict[str, dict[str, set[Dimensions]]] = {
    "AWS/DynamoDB": {
        "ConsumedReadCapacityUnits": {_TABLE, _INDEX},
        "ConsumedWriteCapacityUnits": {_TABLE, _INDEX},
        "ReadThrottleEvents": {_TABLE, _INDEX},
        "WriteThrottleEvents": {_TABLE, _INDEX},
        "TransactionConflict": {_TABLE},
        "SystemErrors": {_OPERATION},
        "UserErrors": {()},
    },
    "AWS/Lambda": {
        "Invocations": {_FUNCTION},
        "Errors": {_FUNCTION},
        "Throttles": {_FUNCTION},
        "Duration": {_FUNCTION},
        "ConcurrentExecutions": {_FUNCTION},
    },
    "AWS/CloudFront": {
        "Requests": {_EDGE},
        "4xxErrorRate": {_EDGE},
        "5xxErrorRate": {_EDGE},
    },
    "AWS/EventBridge/Pipes": {
        "Invocations": {_PIPE},
        "ExecutionFailed": {_PIPE},
        "ExecutionThrottled": {_PIPE},
        "ExecutionTimeout": {_PIPE},
    },
    "AWS/States": {
        "ExecutionsStarted": {_MACHINE},
        "ExecutionsFailed": {_MACHINE},
        "ExecutionsTimedOut": {_MACHINE},
        "ExecutionThrottled": {_MACHINE},
    },
    "AWS/SNS": {
        "NumberOfMessagesPublished": {_TOPIC},
        "NumberOfNotificationsDelivered": {_TOPIC},
        "NumberOfNotificationsFailed": {_TOPIC},
        "NumberOfNotificationsFilteredOut": {_TOPIC},
    },
    "AWS/SQS": {
        "ApproximateNumberOfMessagesVisible": {_QUEUE},
        "ApproximateAgeOfOldestMessage": {_QUEUE},
    },
    "AWS/ECS": {"CPUUtilization": {_TASKS}, "MemoryUtilization": {_TASKS}},
    "AWS/AppRunner": {"ActiveInstances": {_SERVICE}, "RequestLatency": {_SERVICE}},
}
OPERATIONS = {
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
}
STATISTICS = {"Average", "Maximum", "SampleCount", "Sum", "p50", "p99"}
# CloudFront's metrics have one statistic each.
ONLY = {"Requests": "Sum", "4xxErrorRate": "Average", "5xxErrorRate": "Average"}
