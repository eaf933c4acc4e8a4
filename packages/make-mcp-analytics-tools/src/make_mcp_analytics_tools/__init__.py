"""Monitoring, analytics and governance of Make.com.

This version holds no category yet: a server with this bundle starts, answers its own tools and
says which categories are planned.
"""

from make_mcp_base.definition.bundle import Bundle

bundle = Bundle(
    "analytics",
    package="make_mcp_analytics_tools",
    title="Analytics and governance",
    planned=(
        "ai_governance_engine",
        "analytics",
        "audit_compliance",
        "budget_control",
        "certificates",
        "cicd_integration",
        "compliance_policy",
        "log_streaming",
        "multi_tenant_security",
        "naming_convention_policy",
        "notifications",
        "performance_analysis",
        "policy_compliance_validation",
        "procedures",
        "real_time_monitoring",
        "scenario_archival_policy",
        "zero_trust_auth",
    ),
)
